#include "connectors/nats/serve_config.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "connectors/nats/config_values.h"

namespace lull::connectors {
namespace {

using ::testing::HasSubstr;

TEST(ConfigValues, Durations) {
  EXPECT_EQ(ParseDuration("30s"), 30 * kMicrosPerSecond);
  EXPECT_EQ(ParseDuration("250ms"), 250 * kMicrosPerMilli);
  EXPECT_EQ(ParseDuration("36h"), 36 * kMicrosPerHour);
  EXPECT_EQ(ParseDuration("1d12h"), 36 * kMicrosPerHour);
  EXPECT_EQ(ParseDuration("1h 30m"), 90 * kMicrosPerMinute);
  EXPECT_EQ(ParseDuration("0s"), 0);
  for (const char* bad :
       {"", "5", "m", "-5m", "5 parsecs", "30m 1h", "1h1h", "1.5h", "99999999999999999d", "5m."}) {
    EXPECT_EQ(ParseDuration(bad), std::nullopt) << bad;
  }
}

TEST(ConfigValues, Sizes) {
  EXPECT_EQ(ParseBytes("512"), 512);
  EXPECT_EQ(ParseBytes("64KiB"), 65'536);
  EXPECT_EQ(ParseBytes("10 GiB"), 10LL << 30);
  EXPECT_EQ(ParseBytes("2GB"), 2'000'000'000);
  for (const char* bad : {"", "GiB", "-1", "5 apples", "99999999999TiB", "1 GiB 2"}) {
    EXPECT_EQ(ParseBytes(bad), std::nullopt) << bad;
  }
}

TEST(ConfigValues, Suggestions) {
  EXPECT_EQ(EditDistance("silence", "silnece"), 1U);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3U);
  EXPECT_EQ(EditDistance("", "abc"), 3U);
  constexpr std::string_view kNames[] = {"subject", "stream", "silence"};
  EXPECT_EQ(Suggest("subjcet", kNames), "subject");
  EXPECT_EQ(Suggest("colour", kNames), std::nullopt);
}

class ServeConfigTest : public ::testing::Test {
 protected:
  ServeConfigTest() {
    std::string name = (std::filesystem::temp_directory_path() / "lull-config-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    std::filesystem::create_directory(folder_ / "rules");
    Write("password", "pa ss\r\nsecond line\n");
    Write("empty", "\n");
    Write("ca.pem", "x");
  }
  ~ServeConfigTest() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& file, const std::string& text) { std::ofstream(folder_ / file) << text; }

  Result<ServeConfig> Parse(const std::string& text) { return ParseServeConfig(text, folder_ / "lull.toml"); }

  std::string ErrorsOf(const std::string& text) {
    const auto config = Parse(text);
    return config ? "no error" : config.error().message;
  }

  static std::string Small(const std::string& more) {
    return "name = \"retail\"\nruleset = \"rules\"\n" + more + "\n[[source]]\nsubject = \"events.>\"\n";
  }

  std::filesystem::path folder_;
};

TEST_F(ServeConfigTest, TheSmallestHasDefaults) {
  const auto config = Parse(Small(""));
  ASSERT_TRUE(config.has_value()) << config.error().message;
  EXPECT_EQ(config->name, "retail");
  EXPECT_EQ(config->ruleset, folder_ / "rules");
  EXPECT_EQ(config->action_prefix, "lull.retail.actions");
  EXPECT_EQ(config->nats.urls, std::vector<std::string>{"nats://127.0.0.1:4222"});
  EXPECT_EQ(config->tick_subject(), "lull.retail.tick");
  EXPECT_EQ(config->control_subject(), "lull.retail.control");
  EXPECT_EQ(config->ahead_micros, 5 * kMicrosPerMinute);
  EXPECT_EQ(config->http, std::nullopt);
  ASSERT_EQ(config->sources.size(), 1U);
  EXPECT_EQ(config->sources[0].subject, "events.>");
  EXPECT_EQ(config->sources[0].silence_micros, std::nullopt);
}

TEST_F(ServeConfigTest, KeepsStateBesideItUnlessTold) {
  const auto plain = Parse(Small(""));
  EXPECT_EQ(plain->state_folder, folder_ / "state");
  const auto told = Parse(Small("[state]\nfolder = \"/var/lib/lull\"\ninterval = \"1s\"\nkeep = 7\n"));
  ASSERT_TRUE(told.has_value()) << told.error().message;
  EXPECT_EQ(told->state_folder, "/var/lib/lull");
  EXPECT_EQ(told->checkpoint_interval_micros, kMicrosPerSecond);
  EXPECT_EQ(told->checkpoint_keep_count, 7U);
  EXPECT_EQ(Parse(Small("[state]\ncheckpoints = false\n"))->state_folder, std::nullopt);
  EXPECT_THAT(ErrorsOf(Small("[state]\nkeep = 0\n")), HasSubstr("whole number from 1 to"));
}

TEST_F(ServeConfigTest, InputMayAgeWhereCheckpointsAreKept) {
  EXPECT_EQ(Parse(Small("[limits]\ninput_age = \"7d\"\n"))->input_age_micros, 7 * kMicrosPerDay);
  EXPECT_THAT(ErrorsOf(Small("[limits]\ninput_age = \"5m\"\n")), HasSubstr("too short"));
  EXPECT_THAT(ErrorsOf(Small("[limits]\ninput_age = \"7d\"\n[state]\ncheckpoints = false\n")),
              HasSubstr("needs the whole input log"));
}

TEST_F(ServeConfigTest, PartitionsNeedSourcesWithAKey) {
  const std::string partitions =
      "name = \"retail\"\nruleset = \"rules\"\n[partitions]\ncount = 4\n[[source]]\n";
  const auto config = Parse(partitions + "subject = \"events.*.*\"\n");
  ASSERT_TRUE(config.has_value()) << config.error().message;
  EXPECT_EQ(config->partition_count, 4U);
  EXPECT_THAT(ErrorsOf(partitions + "subject = \"events.>\"\n"), HasSubstr("stands for the key"));
  EXPECT_THAT(ErrorsOf(partitions + "subject = \"events.asked\"\n"), HasSubstr("stands for the key"));
  EXPECT_THAT(ErrorsOf(partitions + "stream = \"ORDERS\"\n"), HasSubstr("\"ORDERS\" is none"));
}

TEST_F(ServeConfigTest, ReadsEveryKey) {
  const auto config = Parse(R"(
name = "retail"
ruleset = "rules"
lateness = "60s"
[nats]
url = ["nats://a:4222", "nats://b:4222"]
user = "lull"
password_file = "password"
tls = true
ca_file = "ca.pem"
[[source]]
subject = "events.>"
silence = "30s"
[[source]]
stream = "ORDERS"
subject = "orders.*"
[actions]
prefix = "acme.tasks"
decisions = true
[ticks]
interval = "500ms"
delay = "3s"
automatic = false
[limits]
input_bytes = "10 GiB"
action_bytes = "2 GiB"
dead_bytes = 1048576
event_bytes = "64 KiB"
ahead = "10m"
[http]
listen = "[::1]:9090"
)");
  ASSERT_TRUE(config.has_value()) << config.error().message;
  EXPECT_TRUE(config->keep_decisions);
  EXPECT_FALSE(config->automatic_ticks);
  EXPECT_EQ(config->lateness_micros, 60 * kMicrosPerSecond);
  EXPECT_EQ(config->nats.urls, (std::vector<std::string>{"nats://a:4222", "nats://b:4222"}));
  EXPECT_EQ(config->nats.user, "lull");
  EXPECT_EQ(config->nats.password, "pa ss");
  EXPECT_TRUE(config->nats.tls);
  EXPECT_EQ(config->nats.ca_file, (folder_ / "ca.pem").string());
  ASSERT_EQ(config->sources.size(), 2U);
  EXPECT_EQ(config->sources[0].silence_micros, 30 * kMicrosPerSecond);
  EXPECT_EQ(config->sources[1].stream, "ORDERS");
  EXPECT_EQ(config->sources[1].subject, "orders.*");
  EXPECT_EQ(config->action_prefix, "acme.tasks");
  EXPECT_EQ(config->tick_interval_micros, 500 * kMicrosPerMilli);
  EXPECT_EQ(config->tick_delay_micros, 3 * kMicrosPerSecond);
  EXPECT_EQ(config->input_bytes_max, 10LL << 30);
  EXPECT_EQ(config->action_bytes_max, 2LL << 30);
  EXPECT_EQ(config->dead_bytes_max, 1'048'576);
  EXPECT_EQ(config->event_bytes_max, 65'536);
  EXPECT_EQ(config->ahead_micros, 10 * kMicrosPerMinute);
  EXPECT_EQ(config->http, (ListenAddress{"::1", 9090}));
}

TEST(ConfigValues, ListenAddresses) {
  EXPECT_EQ(ParseListenAddress("127.0.0.1:9090"), (ListenAddress{"127.0.0.1", 9090}));
  EXPECT_EQ(ParseListenAddress("localhost:0"), (ListenAddress{"localhost", 0}));
  EXPECT_EQ(ParseListenAddress("[::]:65535"), (ListenAddress{"::", 65'535}));
  for (const char* bad : {"", "9090", ":9090", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
                          "::1:9090", "[]:9090", "a b:1", "http://a:1", "host:90a"}) {
    EXPECT_EQ(ParseListenAddress(bad), std::nullopt) << bad;
  }
}

TEST_F(ServeConfigTest, SecretsMayBeCredentialsOfSystemd) {
  const std::string text =
      Small("[nats]\nuser = \"lull\"\npassword_file = \"$CREDENTIALS_DIRECTORY/secret\"");
  unsetenv("CREDENTIALS_DIRECTORY");
  EXPECT_THAT(ErrorsOf(text), HasSubstr("CREDENTIALS_DIRECTORY is not set"));
  std::filesystem::create_directory(folder_ / "handed");
  setenv("CREDENTIALS_DIRECTORY", (folder_ / "handed").c_str(), 1);
  EXPECT_THAT(ErrorsOf(text),
              HasSubstr("cannot read `password_file` " + (folder_ / "handed/secret").string()));
  Write("handed/secret", "from systemd\n");
  const auto config = Parse(text);
  unsetenv("CREDENTIALS_DIRECTORY");
  ASSERT_TRUE(config.has_value()) << config.error().message;
  EXPECT_EQ(config->nats.password, "from systemd");
  EXPECT_EQ(config->nats.secret_files, std::vector<std::string>{(folder_ / "handed/secret").string()});
  // No other variable, and not in the middle.
  EXPECT_THAT(ErrorsOf(Small("[nats]\ntoken_file = \"$HOME/secret\"")), HasSubstr("cannot read"));
  EXPECT_THAT(ErrorsOf(Small("[nats]\ntoken_file = \"a/$CREDENTIALS_DIRECTORY/b\"")),
              HasSubstr("cannot read"));
}

TEST_F(ServeConfigTest, UnknownKeysAreErrorsWithASuggestion) {
  EXPECT_THAT(ErrorsOf(Small("latenes = \"60s\"")),
              HasSubstr("lull.toml:3:1: there is no key `latenes` here; did you "
                        "mean `lateness`?"));
  EXPECT_THAT(ErrorsOf(Small("[limits]\ncolour = 1")), HasSubstr("known are: input_bytes, action_bytes"));
}

TEST_F(ServeConfigTest, ListsAllMistakesAtOnce) {
  const std::string errors = ErrorsOf(R"(
name = "Retail Store"
lateness = "soon"
[nats]
url = "nats://lull:secret@host"
user = "lull"
token_file = "empty"
[[source]]
silence = 30
[[source]]
subject = "a b"
[[source]]
subject = ">"
[actions]
prefix = "a.*"
[ticks]
interval = "0s"
[limits]
input_bytes = "many"
dead_bytes = 1
[http]
listen = "9090"
)");
  for (const char* part :
       {"`name` must be", "`ruleset` is missing", "`lateness` must be a duration such as",
        "must hold no user or password", "`user` and `password_file` go together", "only one of `user`",
        "first line of `token_file`", "needs a `subject` to capture or a `stream`",
        "`silence` must be a text", "\"a b\" is not a NATS subject", "cannot capture the broker's own",
        "`prefix` must be a NATS subject", "`interval` is too short", "`input_bytes` must be a size",
        "`dead_bytes` must be between", "`listen` must be an address and a port"}) {
    EXPECT_THAT(errors, HasSubstr(part));
  }
  EXPECT_EQ(errors.find("secret@"), std::string::npos);
}

TEST_F(ServeConfigTest, WhoMayDeploy) {
  const std::string ann = "ed25519:" + std::string(64, 'a');
  const std::string bob = "ed25519:" + std::string(64, 'b');
  const auto config = Parse(
      Small("[deploy]\nfrom = \"bucket\"\ntrusted_keys = [\"" + ann + "\", \"" + bob + "\"]\napprovals = 2"));
  ASSERT_TRUE(config.has_value()) << config.error().message;
  EXPECT_TRUE(config->deploy_from_bucket && config->require_signature);
  EXPECT_EQ(config->trusted_keys, (std::vector<std::string>{ann, bob}));
  EXPECT_EQ(config->approvals, 2U);
  const auto plain = Parse(Small(""));
  ASSERT_TRUE(plain.has_value());
  EXPECT_FALSE(plain->deploy_from_bucket);
  const auto errors = [&](const std::string& keys) {
    return ErrorsOf(Small("[deploy]\nfrom = \"bucket\"\n" + keys));
  };
  EXPECT_THAT(errors(""), HasSubstr("there must be `trusted_keys`"));
  EXPECT_THAT(errors("trusted_keys = [\"" + ann + "\"]\napprovals = 2"), HasSubstr("at least as many as"));
  EXPECT_THAT(errors("trusted_keys = [\"" + ann + "\", \"" + ann + "\"]"), HasSubstr("listed twice"));
  EXPECT_THAT(errors("trusted_keys = [\"abc\"]"), HasSubstr("is not a public key"));
  EXPECT_THAT(errors("trusted_keys = \"abc\""), HasSubstr("must be a list"));
  EXPECT_THAT(errors("require_signature = false\napprovals = 2"), HasSubstr("`approvals` are signatures"));
  EXPECT_TRUE(Parse(Small("[deploy]\nfrom = \"bucket\"\nrequire_signature = false")).has_value());
  EXPECT_THAT(ErrorsOf(Small("[deploy]\nfrom = \"afar\"")), HasSubstr("must be \"folder\" or \"bucket\""));
}

TEST_F(ServeConfigTest, SaysWhatIsWrongWithTheFileItself) {
  EXPECT_THAT(ErrorsOf("name = "), HasSubstr("lull.toml:1:"));
  EXPECT_THAT(ErrorsOf("name = \"x\"\nruleset = \"nowhere\"\n"), HasSubstr("there is no folder"));
  EXPECT_THAT(ErrorsOf("name = \"x\"\nruleset = \"rules\"\n"), HasSubstr("at least one [[source]]"));
  EXPECT_THAT(ErrorsOf(Small("nats = 5")), HasSubstr("write [nats]"));
  EXPECT_THAT(ErrorsOf(Small("[http]")), HasSubstr("`listen` is missing"));
  EXPECT_THAT(ErrorsOf(Small("[partitions]\ncount = 4\n[http]\nlisten = \"a:65533\"")),
              HasSubstr("a port for each partition: at most 65532"));
  EXPECT_THAT(ErrorsOf(Small("[http]\nlisten = \"a:1\"\nport = 1")),
              HasSubstr("there is no key `port` in [http]"));
  const auto missing = LoadServeConfig(folder_ / "none.toml");
  ASSERT_FALSE(missing.has_value());
  EXPECT_THAT(missing.error().message, HasSubstr("cannot read the configuration file"));
  Write("lull.toml", Small(""));
  EXPECT_TRUE(LoadServeConfig(folder_ / "lull.toml").has_value());
}

}  // namespace
}  // namespace lull::connectors
