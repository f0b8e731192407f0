#include "connectors/nats/handles.h"

#include <algorithm>
#include <array>

namespace lull::connectors {
namespace {

struct Advice {
  int broker_code;
  const char* what_to_do;
};

constexpr Advice kAdvice[] = {
    {JSNotEnabledErr,
     "JetStream is off: start the server with `-js`, or add a `jetstream` block to its configuration"},
    {JSNotEnabledForAccountErr,
     "JetStream is off for this account: enable it in the server's `accounts` block"},
    {JSStreamNotFoundErr, "the stream does not exist: create it, or correct its name"},
    {JSStreamSubjectOverlapErr,
     "another stream already captures one of these subjects: read that stream as a source, or choose other "
     "subjects"},
    {JSStorageResourcesExceededErr,
     "the broker has not this much storage left: lower the byte limits, or raise `max_file_store` of the "
     "server"},
    {JSInsufficientResourcesErr, "the broker has no room left: free disk space or raise its limits"},
    {JSMemoryResourcesExceededErr, "the broker has no memory left for JetStream: raise `max_memory_store`"},
    {JSStreamStoreFailedErr, "the stream is full or its disk is: raise its byte limit, or free disk space"},
    {JSStreamMessageExceedsMaximumErr, "the message is larger than the stream accepts"},
    {JSAccountResourcesExceededErr, "the account's limits are reached: raise them"},
    {JSStreamSealedErr, "the stream is sealed: it takes no more messages"},
};

constexpr int kTransientCodes[] = {JSClusterNotAvailErr, JSClusterNotLeaderErr, JSClusterIncompleteErr,
                                   JSStreamOfflineErr, JSConsumerOfflineErr};

constexpr natsStatus kTransientStatuses[] = {
    NATS_TIMEOUT,           NATS_NO_RESPONDERS,    NATS_CONNECTION_DISCONNECTED,
    NATS_NO_SERVER,         NATS_STALE_CONNECTION, NATS_INSUFFICIENT_BUFFER,
    NATS_NOT_YET_CONNECTED, NATS_IO_ERROR,         NATS_MISSED_HEARTBEAT};

}  // namespace

std::string StatusText(natsStatus status, int broker_code) {
  natsStatus last = NATS_OK;
  const char* detail = nats_GetLastError(&last);
  std::string text = natsStatus_GetText(status);
  if (detail != nullptr && last == status && *detail != '\0' && text != detail) {
    text += std::string(" (") + detail + ")";
  }
  if (broker_code != 0) {
    text += " [broker code " + std::to_string(broker_code) + "]";
  }
  return text;
}

Error JetStreamError(const std::string& tried, natsStatus status, int broker_code) {
  const auto* advice = std::find_if(std::begin(kAdvice), std::end(kAdvice),
                                    [&](const Advice& a) { return a.broker_code == broker_code; });
  std::string text = tried + ": " + StatusText(status, broker_code) + ".";
  if (advice != std::end(kAdvice)) {
    text += std::string(" What to do: ") + advice->what_to_do + ".";
  } else if (status == NATS_NO_RESPONDERS) {
    text +=
        " What to do: nothing answers there; check that the server runs with JetStream (`-js`) and that the "
        "name "
        "is right.";
  } else if (status == NATS_TIMEOUT) {
    text += " What to do: the broker does not answer; check that it runs and that its disk is not full.";
  } else if (status == NATS_NOT_PERMITTED) {
    text += " What to do: give this user the permission in the server's configuration.";
  }
  return Error{text};
}

bool IsTransient(natsStatus status, int broker_code) {
  if (broker_code != 0) {
    return std::ranges::find(kTransientCodes, broker_code) != std::end(kTransientCodes);
  }
  return std::ranges::find(kTransientStatuses, status) != std::end(kTransientStatuses);
}

}  // namespace lull::connectors
