// What the policy engine costs: nanoseconds and allocations of a decision, seconds of loading. Prints one JSON object;
// with --cases it also writes what it asked as a file, for another engine to answer (cedar_wasm.mjs). cedar.py runs
// both. Every answer is checked: the program fails when a request is not permitted, when the index changes an answer,
// or when a decision that should not allocate does.
#include <sodium.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "allocations.h"
#include "badge_read.h"
#include "base/file.h"
#include "base/status.h"
#include "cedar/authorizer.h"
#include "cedar/entity_json.h"
#include "cedar/json.h"
#include "cedar/policy_json.h"
#include "cedar_worlds.h"

namespace sallyport::bench {
namespace {

using cedar::Json;
using Clock = std::chrono::steady_clock;

constexpr int kRounds = 200;
constexpr size_t kRoundMin = 1000;  // decisions, where there are so many different requests

struct Options {
  std::string policies;
  std::string facility;
  std::string cases;           // file to write; empty: none
  std::string part;            // the only one to measure; empty: all
  double seconds = 0.5;        // a measurement
  int policies_max = 100'000;  // 10, 1,000 or 100,000
};

Json Number(double value) {
  Json json;
  json.kind = Json::Kind::kNumber;
  json.text = absl::StrCat(value);
  return json;
}

double SecondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// Nanoseconds and allocations of one `ask(i)`, i counting up: the fastest of some rounds, as the machine has other
// work. Asks a round's questions once before.
template <class Ask>
Json Measure(double seconds, size_t round_min, Ask ask) {
  size_t next = 0;
  size_t count = round_min;
  const auto round = [&] {
    const Clock::time_point start = Clock::now();
    for (size_t i = 0; i < count; ++i) ask(next++);
    return SecondsSince(start);
  };
  const double first = round();
  count = std::max(count, static_cast<size_t>(seconds / kRounds / std::max(first / static_cast<double>(count), 1e-9)));
  const uint64_t before = Allocations();
  double best = round();
  const double allocated = static_cast<double>(Allocations() - before) / static_cast<double>(count);
  for (int i = 1; i < kRounds; ++i) best = std::min(best, round());
  Json json = Json::Object();
  json.Set("nanoseconds", Number(best / static_cast<double>(count) * 1e9));
  json.Set("allocations", Number(allocated));
  return json;
}

Json Ids(const cedar::Response& response) {
  Json ids = Json::Array();
  for (const cedar::Policy* policy : response.reasons) ids.items.push_back(Json::String(policy->id()));
  return ids;
}

Json CaseOf(const World& world, const std::vector<cedar::Response>& answers) {
  Json policies = cedar::PolicySetToJson(world.policies).value();
  Json requests = Json::Array();
  for (size_t i = 0; i < world.requests.size(); ++i) {
    const cedar::Request& request = world.requests[i];
    requests.items.push_back(Json::Object()
                                 .Set("principal", cedar::UidToJson(request.principal))
                                 .Set("action", cedar::UidToJson(request.action))
                                 .Set("resource", cedar::UidToJson(request.resource))
                                 .Set("context", cedar::ValueToJson(request.context))
                                 .Set("entities", cedar::EntitiesToJson(Slice(world.entities, request)))
                                 .Set("reason", Ids(answers[i])));
  }
  return Json::Object()
      .Set("name", Json::String(world.name))
      .Set("policies", std::move(policies))
      .Set("requests", std::move(requests));
}

class Bench {
 public:
  explicit Bench(Options options) : options_(std::move(options)) {}

  absl::Status Run() {
    if (Wanted("a")) SP_RETURN_IF_ERROR(MeasureWorld("a", RoleLookup(), true));
    if (Wanted("b")) SP_RETURN_IF_ERROR(MeasureBadgeRead());
    if (Wanted("c")) SP_RETURN_IF_ERROR(MeasureLinks());
    if (Wanted("d")) {
      for (int levels : {16, 64}) SP_RETURN_IF_ERROR(MeasureWorld("d", Chain(levels), true));
      SP_RETURN_IF_ERROR(MeasureWorld("d", FanOut(1000), true));
    }
    if (Wanted("load")) MeasureLoading();
    if (!options_.cases.empty()) {
      SP_RETURN_IF_ERROR(WriteFileAtomically(options_.cases, Json::Array(std::move(cases_)).ToString()));
    }
    std::puts(Json::Object()
                  .Set("decisions", Json::Array(std::move(decisions_)))
                  .Set("loading", Json::Array(std::move(loading_)))
                  .ToString()
                  .c_str());
    return problems_.empty() ? absl::OkStatus() : absl::InternalError(problems_);
  }

 private:
  static constexpr size_t kCheckedMax = 10;  // requests of a world whose answers are looked at closely

  // The answers, each checked: permitted, and the same without the index.
  static absl::StatusOr<std::vector<cedar::Response>> Answers(const World& world) {
    std::vector<cedar::Response> answers;
    for (size_t i = 0; i < std::min(world.requests.size(), kCheckedMax); ++i) {
      const cedar::Request& request = world.requests[i];
      answers.push_back(cedar::Authorize(world.policies, request, world.entities));
      const auto plain = cedar::Authorize(world.policies, request, world.entities, {.use_index = false});
      if (answers.back().decision != cedar::Decision::kAllow || answers.back().reasons != plain.reasons) {
        return absl::InternalError(absl::StrCat(world.name, ": the answer to request ", i, " is wrong"));
      }
    }
    return answers;
  }

  absl::Status MeasureWorld(absl::string_view part, World world, bool for_others) {
    SP_ASSIGN_OR_RETURN(const std::vector<cedar::Response> answers, Answers(world));
    size_t wrong = 0;
    const size_t mask = world.requests.size();
    Json measured = Measure(options_.seconds, std::min(mask, kRoundMin), [&](size_t i) {
      const cedar::Request& request = world.requests[i % mask];
      wrong += cedar::Authorize(world.policies, request, world.entities).decision != cedar::Decision::kAllow;
    });
    if (wrong != 0) return absl::InternalError(absl::StrCat(world.name, ": ", wrong, " wrong answers"));
    Keep(part, world.name, std::move(measured), for_others ? static_cast<int>(cases_.size()) : -1);
    if (for_others) cases_.push_back(CaseOf(world, answers));
    ExpectNoAllocation();
    return absl::OkStatus();
  }

  bool Wanted(absl::string_view part) const { return options_.part.empty() || options_.part == part; }

  absl::Status MeasureLinks() {
    for (int links = 10; links <= options_.policies_max; links *= 100) {
      World world = TemplateLinks(links, 1);
      world.name = absl::StrCat(links, " policies");
      largest_case_ = static_cast<int>(cases_.size());
      SP_RETURN_IF_ERROR(MeasureWorld("c", std::move(world), true));
    }
    World all = TemplateLinks(options_.policies_max, options_.policies_max);
    all.name = absl::StrCat(options_.policies_max, " policies, every request another");
    return MeasureWorld("c", std::move(all), false);
  }

  absl::Status MeasureBadgeRead() {
    SP_ASSIGN_OR_RETURN(const auto read, BadgeRead::Create(options_.policies, options_.facility));
    SP_ASSIGN_OR_RETURN(World world, read->Copy());
    const access::Place place = read->MakePlace();
    const BadgeRead::Question question(*read, place);
    const auto decide = [&](const BadgeRead::Question& asked) {
      return cedar::Authorize(read->policies(), asked.request, asked.entities);
    };
    SP_ASSIGN_OR_RETURN(const std::vector<cedar::Response> answers, Answers(world));
    if (Ids(decide(question)).ToString() != Ids(answers[0]).ToString()) {
      return absl::InternalError("the facility and its copy give different answers");
    }
    const int number = static_cast<int>(cases_.size());
    Keep("b", "the demo's policies, a badge read", Measure(options_.seconds, 1, [&](size_t) { decide(question); }),
         number);
    ExpectNoAllocation();
    world.name = "the same from an entity store";
    SP_RETURN_IF_ERROR(MeasureWorld("b", std::move(world), true));
    Keep("b", "with the request and the entities made first",
         Measure(options_.seconds, 1, [&](size_t) { decide(BadgeRead::Question(*read, read->MakePlace())); }), number);
    bool granted = true;
    Keep("b", "the whole read, from badge to record",
         Measure(options_.seconds, 1,
                 [&](size_t) {
                   const auto decision = read->Decide();
                   granted &= decision.ok() && decision->granted();
                 }),
         -1);
    return granted ? absl::OkStatus() : absl::InternalError("the badge read is refused");
  }

  void Keep(absl::string_view part, absl::string_view name, Json measured, int number) {
    measured.Set("part", Json::String(part)).Set("name", Json::String(name)).Set("case", Json::Integer(number));
    decisions_.push_back(std::move(measured));
  }

  // Of the measurement kept last; looked at when all are done.
  void ExpectNoAllocation() {
    const Json& last = decisions_.back();
    if (last.Find("allocations")->text == "0") return;
    absl::StrAppend(&problems_, problems_.empty() ? "" : "; ", *last.FindString("name"), ": ",
                    last.Find("allocations")->text, " allocations a decision, expected none");
  }

  void MeasureLoading() {
    const std::string text = PolicyTexts(options_.policies_max);
    const auto keep = [&](absl::string_view name, int number, auto load) {
      double best = 0;
      for (int round = 0; round < kLoadRounds; ++round) {
        const std::clock_t start = std::clock();
        const cedar::PolicySet set = load();
        const double took = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
        SP_CHECK(set.size() == static_cast<size_t>(options_.policies_max));
        best = round == 0 ? took : std::min(best, took);
      }
      loading_.push_back(Json::Object()
                             .Set("name", Json::String(name))
                             .Set("seconds", Number(best))
                             .Set("case", Json::Integer(number)));
    };
    keep(absl::StrCat(options_.policies_max, " policies of Cedar text, ", text.size() >> 10, " KiB"), -1,
         [&] { return cedar::PolicySet::Parse(text).value(); });
    const std::string json = cedar::PolicySetToJson(Links(options_.policies_max)).value().ToString();
    keep(absl::StrCat(options_.policies_max, " template links of JSON, ", json.size() >> 10, " KiB"), largest_case_,
         [&] { return cedar::ParsePolicySetJson(json).value(); });
    keep(absl::StrCat(options_.policies_max, " template links, linked one by one"), -1,
         [&] { return Links(options_.policies_max); });
  }

  static constexpr int kLoadRounds = 3;
  const Options options_;
  std::vector<Json> decisions_, loading_, cases_;
  int largest_case_ = -1;
  std::string problems_;
};

}  // namespace
}  // namespace sallyport::bench

int main(int argc, char** argv) {
  CLI::App app("Measures the policy engine.");
  sallyport::bench::Options options;
  app.add_option("--policies", options.policies, "folder of the demo's policies")->required();
  app.add_option("--facility", options.facility, "the demo's facility file")->required();
  app.add_option("--cases", options.cases, "where to write what was asked");
  app.add_option("--part", options.part, "the only one to measure: a, b, c, d, load");
  app.add_option("--seconds", options.seconds, "of one measurement");
  app.add_option("--largest", options.policies_max, "number of policies of the largest set")
      ->check(CLI::IsMember({10, 1'000, 100'000}));
  CLI11_PARSE(app, argc, argv);
  if (sodium_init() < 0) return 1;
  const absl::Status status = sallyport::bench::Bench(std::move(options)).Run();
  if (!status.ok()) std::fprintf(stderr, "cedar-bench: %s\n", std::string(status.message()).c_str());
  return status.ok() ? 0 : 1;
}
