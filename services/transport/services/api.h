#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "transport/rpc.h"
#include "transport/services/erase_subject.h"
#include "transport/services/methods.h"
#include "transport/services/watch.h"
#include "transport/services/workers.h"

namespace sallyport::transport {

// The whole API behind the router: every method of every service, with what answers need besides the engine. One an
// engine and router; the order of things is
//
//   Api api(router, *engine, workers);   … serve …   api.EndStreams();   stop the servers;   engine->Stop();
//   destroy `api`, then `workers`, then the engine
//
// so that no call comes in and no answer goes out any more when its parts go.
class Api {
 public:
  // All outlive this. Registers with the engine's OnCommit.
  Api(Router& router, engine::Engine& engine, Workers& workers);
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  // Ends the streams that never end by themselves and calls that wait for more than a commit, and those that begin later,
  // with UNAVAILABLE. Thread-safe.
  void EndStreams();

 private:
  Methods methods_;
  Watchers watchers_;
  std::shared_ptr<Erasures> erasures_;
};

// The services of the API by their full names, "sallyport.access.v1.AccessService", in order.
std::vector<std::string> ServiceNames();

// One a service; each stands in its *_service.cc.
void AddAccessService(Methods& methods);
void AddAlarmService(Methods& methods, Watchers& watchers);
void AddAuditService(Methods& methods, Watchers& watchers);
void AddBadgeEventService(Methods& methods, Watchers& watchers);
void AddDirectoryService(Methods& methods);
void AddFacilityService(Methods& methods);
void AddOperatorService(Methods& methods);
void AddPolicyService(Methods& methods, Watchers& watchers);
void AddQuarantineService(Methods& methods, Watchers& watchers);

void AddErasure(Methods& methods, std::shared_ptr<Erasures> erasures);  // DirectoryService/EraseSubject
void AddExport(Methods& methods, Watchers& watchers);         // AuditService/ExportRecords; export_records.cc
void AddReplayHistory(Methods& methods, Watchers& watchers);  // PolicyService/ReplayHistory; replay_history.cc

}  // namespace sallyport::transport
