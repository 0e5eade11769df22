#include "test/property/route.h"

#include <map>
#include <utility>

#include "nft/overloaded.h"
#include "test/property/dice.h"

namespace selvedge::test {
namespace {

using Id = std::pair<k8s::Kind, k8s::ObjectKey>;
using Objects = std::map<Id, k8s::Object>;

const std::vector<Standing> standings{Standing::pending, Standing::told, Standing::inherited};

Objects by_id(const World& world) {
  Objects objects;
  for (const k8s::Object& object : objects_of(world)) {
    objects.insert_or_assign({k8s::kind_of(object), k8s::meta_of(object).key()}, object);
  }
  return objects;
}

// The same object as it may have been before: with less in it.
k8s::Object emptied(const k8s::Object& object) {
  k8s::Object result = object;
  std::visit(nft::Overloaded{[](k8s::Pod& pod) { pod.addresses.clear(), pod.ports.clear(), pod.meta.labels.clear(); },
                             [](k8s::NetworkPolicy& policy) { policy.ingress.clear(), policy.egress.clear(); },
                             [](auto& other) { other.meta.labels.clear(); }},
             result);
  return result;
}

class Traveller {
 public:
  Traveller(std::uint64_t seed, const std::vector<World>& worlds) : dice_(seed) {
    for (const World& world : worlds) {
      stations_.push_back(by_id(world));
      for (const auto& [id, object] : stations_.back()) versions_[id].push_back(object);
    }
  }

  std::vector<Step> steps() {
    Objects at;
    for (std::size_t i = 0; i < stations_.size();) {
      // Some worlds are overtaken: their events mix with those that lead to the next.
      const std::size_t last = std::min(stations_.size() - 1, i + (dice_.chance(30) ? 1 : 0));
      std::map<Id, std::vector<Step>> lanes;
      for (; i <= last; ++i) {
        add_events(at, stations_[i], lanes);
        at = stations_[i];
      }
      merge(std::move(lanes));
      attach_or_detach(at);
      if (dice_.chance(20)) steps_.emplace_back(Services{dice_.chance(50)});
      steps_.emplace_back(Ask{dice_.chance(10)});
    }
    return std::move(steps_);
  }

 private:
  void add_events(const Objects& from, const Objects& to, std::map<Id, std::vector<Step>>& lanes) {
    for (const auto& [id, object] : from) {
      if (!to.contains(id)) leave(id, lanes[id]);
    }
    for (const auto& [id, object] : to) {
      const auto before = from.find(id);
      const bool same = before != from.end() && before->second == object;
      if (!same || dice_.chance(10)) arrive(id, object, lanes[id]);
    }
  }

  void leave(const Id& id, std::vector<Step>& lane) {
    if (dice_.chance(15)) lane.emplace_back(Upsert{dice_.pick(versions_.at(id))});
    for (int times = dice_.chance(15) ? 2 : 1; times > 0; --times) lane.emplace_back(Erase{id.first, id.second});
  }

  void arrive(const Id& id, const k8s::Object& object, std::vector<Step>& lane) {
    if (dice_.chance(15)) lane.emplace_back(Erase{id.first, id.second});
    if (dice_.chance(15)) lane.emplace_back(Upsert{emptied(object)});
    if (dice_.chance(15)) lane.emplace_back(Upsert{dice_.pick(versions_.at(id))});
    for (int times = dice_.chance(15) ? 2 : 1; times > 0; --times) lane.emplace_back(Upsert{object});
  }

  // Few ids, so that attachments meet again; of pods that are there, in their own words or with another's address.
  void attach_or_detach(const Objects& at) {
    std::vector<const k8s::Pod*> pods;
    for (const auto& [id, object] : at) {
      if (const auto* pod = std::get_if<k8s::Pod>(&object)) pods.push_back(pod);
    }
    for (int times = pods.empty() ? 0 : 3; times > 0 && dice_.chance(70); --times) {
      const k8s::Pod& pod = *dice_.pick(pods);
      Attachment attachment{
          .id = dice_.chance(50) ? "a" : "b", .pod = pod.meta.key(), .uid = pod.meta.uid, .addresses = {}};
      if (dice_.chance(10)) attachment.uid += "-other";
      attachment.standing = dice_.pick(standings);
      for (const std::string& text : dice_.pick(pods)->addresses) {
        if (const auto address = nft::parse_address(text)) attachment.addresses.push_back(*address);
      }
      if (dice_.chance(25)) {
        steps_.emplace_back(Detach{attachment.pod, attachment.id});
      } else {
        steps_.emplace_back(Attach{std::move(attachment)});
      }
      if (dice_.chance(50)) steps_.emplace_back(Upsert{emptied(pod)});
    }
  }

  // Each object's events in their order, those of different objects in any.
  void merge(std::map<Id, std::vector<Step>> lanes) {
    std::vector<Id> turns;
    for (auto& [id, lane] : lanes) {
      turns.insert(turns.end(), lane.size(), id);
      std::reverse(lane.begin(), lane.end());
    }
    dice_.shuffle(turns);
    for (const Id& id : turns) {
      steps_.push_back(std::move(lanes.at(id).back()));
      lanes.at(id).pop_back();
      if (dice_.chance(20)) steps_.emplace_back(Ask{dice_.chance(10)});
    }
  }

  Dice dice_;
  std::vector<Objects> stations_;
  std::map<Id, std::vector<k8s::Object>> versions_;
  std::vector<Step> steps_;
};

std::vector<Step> without(const std::vector<Step>& steps, std::size_t from, std::size_t count) {
  std::vector<Step> rest(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(from));
  rest.insert(rest.end(), steps.begin() + static_cast<std::ptrdiff_t>(from + count), steps.end());
  return rest;
}

}  // namespace

Route random_route(std::uint64_t seed, const std::vector<World>& worlds) {
  return {.settings = settings_of(worlds.at(0)), .steps = Traveller(seed, worlds).steps()};
}

std::vector<Route> simpler(const Route& route) {
  std::vector<Route> all;
  const std::size_t last = route.steps.size() - 1;
  for (std::size_t count = last; count > 0; count /= 2) {
    for (std::size_t from = 0; from + count <= last; from += count) {
      all.push_back({route.settings, without(route.steps, from, count)});
    }
  }
  for (std::size_t i = 0; i < route.steps.size(); ++i) {
    const auto* upsert = std::get_if<Upsert>(&route.steps[i]);
    if (!upsert) continue;
    for (k8s::Object& object : simpler(upsert->object)) {
      all.push_back(route);
      all.back().steps[i] = Upsert{std::move(object)};
    }
  }
  return all;
}

void showValue(const Route& route, std::ostream& out) {
  out << "\nseen from " << route.settings.node.value_or("all nodes") << '\n';
  for (const Step& step : route.steps) {
    std::visit(
        nft::Overloaded{
            [&](const Upsert& upsert) { print(out << "upsert ", upsert.object); },
            [&](const Erase& erase) {
              out << "erase " << to_string(erase.kind) << ' ' << to_string(erase.key) << '\n';
            },
            [&](const Attach& attach) {
              out << "attach " << to_string(attach.attachment.pod) << ' ' << attach.attachment.uid;
              for (const auto& address : attach.attachment.addresses) out << ' ' << to_string(address);
              out << " as " << attach.attachment.id << " standing " << static_cast<int>(attach.attachment.standing)
                  << '\n';
            },
            [&](const Detach& detach) { out << "detach " << to_string(detach.pod) << " as " << detach.id << '\n'; },
            [&](const Services& services) { out << "services " << (services.by_ipvs ? "by IPVS\n" : "as usual\n"); },
            [&](const Ask& ask) { out << (ask.whole ? "ask for table()\n" : "ask for changes()\n"); }},
        step);
  }
}

}  // namespace selvedge::test

rc::Gen<selvedge::test::Route> rc::Arbitrary<selvedge::test::Route>::arbitrary() {
  using selvedge::test::Route;
  return [](Random random, int size) {
    const std::uint64_t seed = random.next();
    std::vector<selvedge::test::World> worlds;
    for (std::uint64_t i = 0; i < 2 + seed % 4; ++i)
      worlds.push_back(selvedge::test::random_world(random.next(), size));
    return shrinkable::shrinkRecur(selvedge::test::random_route(seed, worlds), [](const Route& route) {
      return seq::fromContainer(selvedge::test::simpler(route));
    });
  };
}
