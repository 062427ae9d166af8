// One client for two servers: calls AccessService.Authorize, unary or streamed, as fast as a number of calls in flight
// allows or at a steady rate, and prints one line of JSON with throughput and latencies. The same program measures the
// daemon and the echo (echo_server.cc), so that their ratio holds whatever the machine does.
#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <fstream>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "reader/card_format.h"
#include "sallyport/access/v1/access.grpc.pb.h"

namespace {

namespace v1 = sallyport::access::v1;
using Clock = std::chrono::steady_clock;

struct Options {
  std::string target, ca, certificate, key, mode = "unary", access_points = "lobby-in", run_id;
  int channels = 4;
  int in_flight = 64;
  double rate = 0;  // calls a second; 0: as fast as in_flight allows
  double warmup_seconds = 1;
  double seconds = 5;
  uint64_t people = 1000;
};

// Makes the requests: another card each time, in an order that visits all of them.
class Requests {
 public:
  explicit Requests(const Options& options) : options_(options) {
    std::stringstream list(options.access_points);
    for (std::string id; std::getline(list, id, ',');) access_points_.push_back(id);
  }
  v1::AuthorizeRequest Next() {
    const uint64_t n = next_.fetch_add(1, std::memory_order_relaxed);
    const uint64_t person = 1 + n * 7919 % options_.people;
    v1::AuthorizeRequest request;
    request.set_request_id(absl::StrFormat("%s-%012d", options_.run_id, n));
    request.set_access_point_id(access_points_[n % access_points_.size()]);
    const auto bits = sallyport::reader::Encode(
        {"H10301", static_cast<uint32_t>(person >> 16), person & 0xffff, ""});
    request.mutable_card()->set_bits(bits.value().bits);
    request.mutable_card()->set_bit_count(bits.value().bit_count);
    return request;
  }

 private:
  const Options& options_;
  std::vector<std::string> access_points_;
  std::atomic<uint64_t> next_{0};
};

class Measurement {
 public:
  explicit Measurement(const Options& options)
      : begin_(Clock::now() + Seconds(options.warmup_seconds)), end_(begin_ + Seconds(options.seconds)) {}
  bool over() const { return Clock::now() >= end_; }

  void Answered(Clock::time_point sent, bool granted) {
    const auto now = Clock::now();
    if (now < begin_ || now >= end_) return;
    const std::lock_guard lock(mutex_);
    microseconds_.push_back(std::chrono::duration<double, std::micro>(now - sent).count());
    granted_ += granted ? 1 : 0;
  }
  void Failed(const std::string& what) {
    const std::lock_guard lock(mutex_);
    if (errors_++ == 0) std::fprintf(stderr, "first error: %s\n", what.c_str());
  }
  int Print(const Options& options, size_t request_bytes, size_t response_bytes) {
    std::sort(microseconds_.begin(), microseconds_.end());
    const auto at = [this](double quantile) {
      if (microseconds_.empty()) return 0.0;
      return microseconds_[std::min(microseconds_.size() - 1, static_cast<size_t>(quantile * static_cast<double>(microseconds_.size())))];
    };
    absl::PrintF("{\"mode\":\"%s\",\"in_flight\":%d,\"rate\":%g,\"count\":%d,\"granted\":%d,\"errors\":%d,\"per_second\":%.1f,"
                 "\"p50_us\":%.0f,\"p99_us\":%.0f,\"p999_us\":%.0f,\"max_us\":%.0f,\"request_bytes\":%d,\"response_bytes\":%d}\n",
                 options.mode, options.in_flight, options.rate, microseconds_.size(), granted_, errors_,
                 static_cast<double>(microseconds_.size()) / options.seconds, at(0.5), at(0.99), at(0.999), at(1),
                 request_bytes, response_bytes);
    return errors_ == 0 && !microseconds_.empty() ? 0 : 1;
  }

 private:
  static Clock::duration Seconds(double seconds) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  }
  const Clock::time_point begin_;
  const Clock::time_point end_;
  std::mutex mutex_;
  std::vector<double> microseconds_;
  uint64_t granted_ = 0;
  uint64_t errors_ = 0;
};

// Counts what is under way; Wait returns when nothing is.
class Pending {
 public:
  void Add() {
    const std::lock_guard lock(mutex_);
    ++count_;
  }
  void Done() {
    const std::lock_guard lock(mutex_);
    if (--count_ == 0) zero_.notify_all();
  }
  void Wait() {
    std::unique_lock lock(mutex_);
    zero_.wait(lock, [this] { return count_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable zero_;
  int count_ = 0;
};

struct Run {
  const Options& options;
  Requests requests;
  Measurement measurement;
  Pending pending;
  std::vector<std::unique_ptr<v1::AccessService::Stub>> stubs;
  std::atomic<size_t> response_bytes{0};
};

// One call after the other.
class UnaryCaller {
 public:
  UnaryCaller(Run& run, size_t index) : run_(run), stub_(*run.stubs[index % run.stubs.size()]) { run_.pending.Add(); }

  void Send(Clock::time_point scheduled, bool again) {
    context_ = std::make_unique<grpc::ClientContext>();
    request_ = run_.requests.Next();
    response_.Clear();
    sent_ = scheduled;
    stub_.async()->Authorize(context_.get(), &request_, &response_, [this, again](grpc::Status status) {
      if (status.ok()) run_.measurement.Answered(sent_, response_.decision() == v1::DECISION_GRANT);
      else run_.measurement.Failed(status.error_message());
      run_.response_bytes.store(response_.ByteSizeLong(), std::memory_order_relaxed);
      if (again && !run_.measurement.over()) return Send(Clock::now(), true);
      run_.pending.Done();
    });
  }

 private:
  Run& run_;
  v1::AccessService::Stub& stub_;
  std::unique_ptr<grpc::ClientContext> context_;
  v1::AuthorizeRequest request_;
  v1::AuthorizeResponse response_;
  Clock::time_point sent_;
};

// One stream with a window of unanswered requests; answers come in order.
class StreamCaller final : public grpc::ClientBidiReactor<v1::AuthorizeStreamRequest, v1::AuthorizeStreamResponse> {
 public:
  StreamCaller(Run& run, size_t index, int window) : run_(run), window_(window) {
    run_.pending.Add();
    run_.stubs[index % run.stubs.size()]->async()->AuthorizeStream(&context_, this);
    StartRead(&response_);
    StartCall();
    Pump();
  }
  void OnWriteDone(bool ok) override {
    {
      const std::lock_guard lock(mutex_);
      writing_ = false;
      broken_ |= !ok;
    }
    Pump();
  }
  void OnReadDone(bool ok) override {
    if (!ok) return;
    Clock::time_point sent;
    {
      const std::lock_guard lock(mutex_);
      sent = sent_.front();
      sent_.pop_front();
    }
    if (response_.has_response()) {
      run_.measurement.Answered(sent, response_.response().decision() == v1::DECISION_GRANT);
      run_.response_bytes.store(response_.response().ByteSizeLong(), std::memory_order_relaxed);
    } else {
      run_.measurement.Failed(response_.error().message());
    }
    StartRead(&response_);
    Pump();
  }
  void OnDone(const grpc::Status& status) override {
    if (!status.ok()) run_.measurement.Failed(status.error_message());
    run_.pending.Done();
  }

 private:
  void Pump() {
    const std::lock_guard lock(mutex_);
    if (writing_ || broken_ || ended_) return;
    if (run_.measurement.over()) {
      if (!sent_.empty()) return;
      ended_ = true;
      StartWritesDone();
      return;
    }
    if (sent_.size() >= static_cast<size_t>(window_)) return;
    *request_.mutable_request() = run_.requests.Next();
    sent_.push_back(Clock::now());
    writing_ = true;
    StartWrite(&request_);
  }

  Run& run_;
  const int window_;
  grpc::ClientContext context_;
  v1::AuthorizeStreamRequest request_;
  v1::AuthorizeStreamResponse response_;
  std::mutex mutex_;
  std::deque<Clock::time_point> sent_;
  bool writing_ = false;
  bool broken_ = false;
  bool ended_ = false;
};

// A call at each tick, whether the earlier ones are answered or not; latency counts from the tick.
void RunAtRate(Run& run, std::deque<UnaryCaller>& callers) {
  const auto interval = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / run.options.rate));
  auto tick = Clock::now();
  for (size_t i = 0; !run.measurement.over(); ++i) {
    std::this_thread::sleep_until(tick);
    callers.emplace_back(run, i).Send(tick, false);
    tick += interval;
  }
}

std::string ReadAll(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw CLI::ValidationError(path, "cannot be read");
  return {std::istreambuf_iterator<char>(in), {}};
}

void Connect(Run& run) {
  const Options& options = run.options;
  const grpc::SslCredentialsOptions tls = {ReadAll(options.ca), ReadAll(options.key), ReadAll(options.certificate)};
  for (int i = 0; i < options.channels; ++i) {
    grpc::ChannelArguments arguments;
    arguments.SetInt("sallyport.bench.channel", i);  // unequal arguments: a connection of its own
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    const auto channel = grpc::CreateCustomChannel(options.target, grpc::SslCredentials(tls), arguments);
    if (!channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(10))) {
      throw CLI::RuntimeError("cannot connect to " + options.target, 1);
    }
    run.stubs.push_back(v1::AccessService::NewStub(channel));
  }
}

int Measure(const Options& options) {
  Run run{options, Requests(options), Measurement(options), {}, {}, {}};
  Connect(run);
  const size_t request_bytes = run.requests.Next().ByteSizeLong();
  std::deque<UnaryCaller> callers;
  std::deque<StreamCaller> streams;
  if (options.mode == "stream") {
    for (int i = 0; i < options.channels; ++i) {
      streams.emplace_back(run, static_cast<size_t>(i), std::max(1, options.in_flight / options.channels));
    }
  } else if (options.rate > 0) {
    RunAtRate(run, callers);
  } else {
    for (int i = 0; i < options.in_flight; ++i) {
      callers.emplace_back(run, static_cast<size_t>(i)).Send(Clock::now(), true);
    }
  }
  run.pending.Wait();
  return run.measurement.Print(options, request_bytes, run.response_bytes);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Loads AccessService.Authorize and prints what it measured.");
  Options options;
  app.add_option("--target", options.target)->required();
  app.add_option("--ca", options.ca)->required();
  app.add_option("--certificate", options.certificate)->required();
  app.add_option("--key", options.key)->required();
  app.add_option("--mode", options.mode)->check(CLI::IsMember({"unary", "stream"}));
  app.add_option("--access-points", options.access_points);
  app.add_option("--channels", options.channels);
  app.add_option("--in-flight", options.in_flight);
  app.add_option("--rate", options.rate);
  app.add_option("--warmup", options.warmup_seconds);
  app.add_option("--seconds", options.seconds);
  app.add_option("--people", options.people);
  app.add_option("--run-id", options.run_id)->required();
  try {
    app.parse(argc, argv);
    return Measure(options);
  } catch (const CLI::Error& error) {
    return app.exit(error);
  }
}
