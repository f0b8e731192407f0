// Inside connectors/nats only: a key-value bucket of the broker, each call one question to it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "connectors/nats/handles.h"

namespace lull::connectors {

/// One thread.
class KeyValueBucket {
 public:
  struct Value {
    std::string text;
    std::uint64_t revision = 0;  ///< of the bucket, when it was written
  };

  KeyValueBucket() = default;
  KeyValueBucket(kvStore* store, std::string name) : store_(store), name_(std::move(name)) {}

  kvStore* get() const { return store_.get(); }
  const std::string& name() const { return name_; }

  /// Nothing: there is no such key.
  Result<std::optional<Value>> Get(const std::string& key) const;
  /// The revision; nothing: the key is there already.
  Result<std::optional<std::uint64_t>> Create(const std::string& key, const std::string& text) const;
  Status Put(const std::string& key, const std::string& text) const;
  Status Delete(const std::string& key) const;

  Error Failure(const std::string& tried, natsStatus status) const {
    return JetStreamError(tried + " of bucket " + name_, status, 0);
  }

 private:
  std::unique_ptr<kvStore, NatsDeleter<kvStore_Destroy>> store_;
  std::string name_;
};

}  // namespace lull::connectors
