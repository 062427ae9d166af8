#include "cedar/diagnostic.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "cedar/limits.h"
#include "cedar/text.h"

namespace cedar {
namespace {

int CountChars(absl::string_view s) {
  return static_cast<int>(std::count_if(s.begin(), s.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

size_t LineBegin(absl::string_view text, size_t offset) {
  size_t newline = offset == 0 ? absl::string_view::npos : text.rfind('\n', offset - 1);
  return newline == absl::string_view::npos ? 0 : newline + 1;
}

// Length of the line shown; longer ones are cut around nothing but their end.
constexpr size_t kShownBytesMax = 400;

}  // namespace

SourcePosition SourceText::PositionOf(uint32_t offset) const {
  absl::string_view all(text);
  size_t at = std::min<size_t>(offset, all.size());
  size_t begin = LineBegin(all, at);
  SourcePosition p;
  p.line = 1 + static_cast<int>(std::count(all.begin(), all.begin() + static_cast<ptrdiff_t>(begin), '\n'));
  p.column = 1 + CountChars(all.substr(begin, at - begin));
  return p;
}

Diagnostic MakeDiagnostic(const SourceText& source, SourceSpan span, std::string message, std::string help) {
  Diagnostic d = MakeDiagnostic(std::move(message), std::move(help));
  d.file = source.name;
  d.position = source.PositionOf(span.begin);
  absl::string_view all(source.text);
  size_t at = std::min<size_t>(span.begin, all.size());
  size_t begin = LineBegin(all, at);
  size_t end = std::min(all.find('\n', at), all.size());
  absl::string_view line = absl::StripTrailingAsciiWhitespace(all.substr(begin, end - begin));
  size_t marked_end = std::clamp<size_t>(span.end, at, std::max(at, begin + line.size()));
  d.marked_columns = std::max(1, CountChars(all.substr(at, marked_end - at)));
  d.source_line = std::string(CutText(line, kShownBytesMax));
  return d;
}

Diagnostic MakeDiagnostic(std::string message, std::string help) {
  Diagnostic d;
  d.message = std::move(message);
  d.help = std::move(help);
  for (std::string* text : {&d.message, &d.help}) {
    if (text->size() > kMessageBytesMax) *text = absl::StrCat(CutText(*text, kMessageBytesMax), "…");
  }
  return d;
}

std::string Diagnostic::ToString() const {
  std::string out;
  if (!file.empty()) absl::StrAppend(&out, file, ":");
  if (position.line > 0) absl::StrAppend(&out, position.line, ":", position.column, ":");
  if (!out.empty()) out += " ";
  absl::StrAppend(&out, severity == Severity::kError ? "error: " : "warning: ", message);
  if (!policy_id.empty()) absl::StrAppend(&out, " (policy ", policy_id, ")");
  if (position.line > 0 && !source_line.empty()) {
    std::string number = absl::StrCat(position.line);
    absl::StrAppend(&out, "\n  ", number, " | ");
    // Tabs would move the marker.
    for (char c : source_line) out += c == '\t' ? ' ' : c;
    absl::StrAppend(&out, "\n  ", std::string(number.size(), ' '), " | ",
                    std::string(static_cast<size_t>(std::min(position.column - 1, 400)), ' '),
                    std::string(static_cast<size_t>(std::min(marked_columns, 200)), '^'));
  }
  if (!help.empty()) absl::StrAppend(&out, "\n  help: ", help);
  return out;
}

absl::Status ToStatus(const std::vector<Diagnostic>& diagnostics) {
  bool failed = false;
  std::string text;
  for (const Diagnostic& d : diagnostics) {
    failed |= d.severity == Diagnostic::Severity::kError;
    absl::StrAppend(&text, text.empty() ? "" : "\n", d.ToString());
  }
  return failed ? absl::InvalidArgumentError(text) : absl::OkStatus();
}

std::string DidYouMean(absl::string_view name, const std::vector<std::string>& candidates) {
  // Longer names are no typing errors, and comparing them takes long.
  constexpr size_t kNameBytesMax = 200;
  const std::string* best = nullptr;
  if (name.size() > kNameBytesMax) return "";
  size_t best_distance = std::max<size_t>(1, name.size() / 3) + 1;
  std::vector<size_t> row;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > name.size() + best_distance || name.size() > candidate.size() + best_distance) continue;
    row.resize(candidate.size() + 1);
    for (size_t j = 0; j < row.size(); ++j) row[j] = j;
    for (size_t i = 1; i <= name.size(); ++i) {
      size_t diagonal = row[0];
      row[0] = i;
      for (size_t j = 1; j < row.size(); ++j) {
        bool same = absl::ascii_tolower(name[i - 1]) == absl::ascii_tolower(candidate[j - 1]);
        size_t replace = diagonal + (same ? 0 : 1);
        diagonal = row[j];
        row[j] = std::min({row[j] + 1, row[j - 1] + 1, replace});
      }
    }
    if (candidate != name && row.back() < best_distance) {
      best_distance = row.back();
      best = &candidate;
    }
  }
  return best ? absl::StrCat("did you mean ", *best, "?") : "";
}

}  // namespace cedar
