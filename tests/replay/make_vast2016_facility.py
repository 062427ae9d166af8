#!/usr/bin/env python3
"""Writes the facility of the VAST Challenge 2016 building (Mini-Challenge 2), from its staff list and badge reads.

    make_vast2016_facility.py employees.csv badge-reads.csv >vast2016-facility.yaml

Zones are areas, each with one passive reader: a read means that the card entered the zone. Who may go where is in the
head of the output. The reads are needed only for the replacement cards that were handed out.
"""

import csv
import re
import sys

# Cards whose ids do not follow from the staff list's spelling.
SPELLED_OTHERWISE = {
    "malinai": ("Alinari", "Marcella"),
    "rfaralso": ("Faraldo", "Raphale"),
    "morlunv": ("Morlun", "Valeria"),
    "jsanjorge": ("Sanjorge Jr.", "Sten"),
}

HEAD = """\
# The building of the VAST Challenge 2016, Mini-Challenge 2: a fictitious company on three floors with passive zone
# readers. Written by make_vast2016_facility.py from the challenge's staff list (public data); change that, not this.
#
#   - the entrance zone of floor 1 is open to the staff at any time
#   - the office floors follow `office`, except for those who work shifts: Facilities, Information Technology, Security
#   - floor 3's server room is for Information Technology, who run it, Facilities, who cool and power it, and Security
#   - a card that nobody on the staff list has is unknown
sites:
  gastech:
    name: GAStech
    time_zone: Etc/UTC          # the reads name no zone
    card_formats: [raw]

floors:
  f1: {name: Floor 1, level: 0}
  f2: {name: Floor 2, level: 1}
  f3: {name: Floor 3, level: 2}

areas:
  outside: {name: Outside}
  f1-offices: {name: "Floor 1, offices", floor: f1}
  f2-offices: {name: "Floor 2, offices", floor: f2}
  f3-offices: {name: "Floor 3, offices", floor: f3}
"""

SCHEDULES = """
schedules:
  office:
    name: Office hours
    intervals:
      - {days: mon-fri, from: "06:00", to: "20:00"}

access_levels:
  entrance:
    name: Entrance
    entries:
      - {area: f1-z1}
  office-floors:
    name: Office floors, in office hours
    entries:
      - {area: f1-offices, schedule: office}
      - {area: f2-offices, schedule: office}
      - {area: f3-offices, schedule: office}
  shifts:
    name: Office floors, at any time
    entries:
      - {area: f1-offices}
      - {area: f2-offices}
      - {area: f3-offices}
  server-room:
    name: Server room
    entries:
      - {area: f3-server-room}
  security:
    name: Security
    entries:
      - {area: f1-offices}
      - {area: f2-offices}
      - {area: f3-offices}
      - {area: f3-server-room}
"""

ZONES = {1: list("12345678"), 2: list("1234567"), 3: list("123456")}
LEVELS = {
    "Facilities": ["entrance", "shifts", "server-room"],
    "Information Technology": ["entrance", "shifts", "server-room"],
    "Security": ["entrance", "security"],
}
OFFICE = ["entrance", "office-floors"]


def areas():
    out = []
    for floor, zones in ZONES.items():
        for zone in zones:
            parent = "" if (floor, zone) == (1, "1") else f", parent: f{floor}-offices"
            out.append(f'  f{floor}-z{zone}: {{name: "Floor {floor}, zone {zone}", floor: f{floor}{parent}}}')
    out.append('  f3-server-room: {name: "Floor 3, server room", floor: f3, restricted: true}')
    return "\n".join(out)


def access_points():
    places = [f"f{floor}-z{zone}" for floor, zones in ZONES.items() for zone in zones] + ["f3-server-room"]
    return "\n".join(f"  {place}: {{from: outside, to: {area}, presence_on_grant: true}}"
                     for place, area in ((f"{p}-in", p) for p in places))


def letters(text):
    return re.sub("[^a-z]", "", text.lower())


def stems(row):
    """The forms that this person's card ids may begin with."""
    first, last = letters(row["first_name"])[0], row["last_name"].lower()
    return [first + letters(last), first + re.split("[^a-z]", last)[0]]


def raw(prox_id):
    return f"{8 * len(prox_id)}:{prox_id.encode().hex().upper()}"


def main():
    with open(sys.argv[1], newline="", encoding="utf-8") as file:
        staff = [row for row in csv.DictReader(file) if row["last_name"]]
    with open(sys.argv[2], newline="", encoding="utf-8") as file:
        seen = {row["prox_id"] for row in csv.DictReader(file) if row["prox_id"]}
    otherwise = {name: stem for stem, name in SPELLED_OTHERWISE.items()}
    out = [HEAD + areas(), "\naccess_points:", access_points(), SCHEDULES, "people:"]
    for row in staff:
        mine = stems(row)
        other = otherwise.get((row["last_name"], row["first_name"]))
        if other:
            mine.insert(0, other)
        cards = sorted(card for card in seen if card[:-3] in mine)
        stem = cards[0][:-3] if cards else mine[0]
        if f"{stem}001" not in cards:
            cards.insert(0, f"{stem}001")
        levels = ", ".join(LEVELS.get(row["department"], OFFICE))
        out.append(f'  {stem}:\n    name: "{row["first_name"]} {row["last_name"]}"\n    department: {row["department"]}\n'
                   f"    levels: [{levels}]\n    credentials:")
        out += [f'      {card}: {{raw: "{raw(card)}"}}' for card in cards]
    print("\n".join(out))


if __name__ == "__main__":
    main()
