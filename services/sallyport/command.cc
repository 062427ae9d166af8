#include "sallyport/command.h"

#include "base/clock.h"
#include "base/random.h"
#include "base/ulid.h"

namespace sallyport::cli {

CLI::App* AddNoun(CLI::App& app, const std::string& name, const std::string& description) {
  CLI::App* noun = app.add_subcommand(name, description);
  noun->require_subcommand(1);
  noun->fallthrough();
  return noun;
}

CLI::App* AddVerb(CLI::App& noun, const std::string& name, const std::string& description) {
  CLI::App* verb = noun.add_subcommand(name, description);
  verb->fallthrough();
  return verb;
}

CLI::Option* Argument(CLI::App* verb, const std::string& name, std::string* out, const std::string& description) {
  return verb->add_option(name, *out, description)->required();
}

CLI::Option* Repeated(CLI::App* verb, const std::string& name, std::function<void(const std::string&)> add,
                      const std::string& description) {
  return verb
      ->add_option_function<std::vector<std::string>>(
          name,
          [add = std::move(add)](const std::vector<std::string>& values) {
            for (const std::string& value : values) add(value);
          },
          description + "; may be repeated")
      ->allow_extra_args(false);  // one value a time: what follows is no further value
}

CLI::Option* Flag(CLI::App* verb, const std::string& name, std::function<void()> set, const std::string& description) {
  return verb->add_flag_callback(name, std::move(set), description);
}

CLI::Option* Option(CLI::App* verb, const std::string& name, std::string* out, const std::string& description) {
  return verb->add_option(name, *out, description);
}

CLI::Option* TimeOption(CLI::App* verb, const std::string& name, std::function<void(google::protobuf::Timestamp)> set,
                        const std::string& description) {
  return verb
      ->add_option_function<std::string>(
          name,
          [name, set = std::move(set)](const std::string& text) {
            const auto time = ParseTime(text, SystemClock().Now());
            if (!time.ok()) throw CLI::ValidationError(name, std::string(time.status().message()));
            set(ToTimestamp(*time));
          },
          description)
      ->type_name("TIME");
}

CLI::Option* EnumOption(CLI::App* verb, const std::string& name, const google::protobuf::EnumDescriptor* type,
                        std::function<void(int)> set, const std::string& description) {
  std::string choices;
  for (int i = 1; i < type->value_count(); ++i) {
    choices += (i == 1 ? "" : "|") + EnumText(type, type->value(i)->number());
  }
  return verb
      ->add_option_function<std::string>(
          name,
          [name, type, set = std::move(set)](const std::string& text) {
            const auto number = EnumNumber(type, text);
            if (!number.ok()) throw CLI::ValidationError(name, std::string(number.status().message()));
            set(*number);
          },
          description)
      ->type_name(choices);
}

std::string NewRequestId() {
  SystemRandom random;
  return MakeUlid(SystemClock().Now(), random);
}

std::unique_ptr<Client> Connect(const Command& command, int* exit_code) {
  const auto profile = LoadProfile(command.flags);
  if (!profile.ok()) {
    *exit_code = PrintError(profile.status());
    return nullptr;
  }
  auto client = Client::Open(*profile);
  if (!client.ok()) {
    *exit_code = PrintError(client.status());
    return nullptr;
  }
  return std::make_unique<Client>(*std::move(client));
}

}  // namespace sallyport::cli
