// A report of a cluster that is written down as YAML, and who is in it.
#pragma once

#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "controller/explain/answer.h"
#include "controller/report/cells.h"
#include "k8sclient/decode.h"

namespace selvedge::test {

struct Asked {
  std::vector<k8s::Object> objects;
  report::Report report;

  explicit Asked(const std::string& yaml, const lint::Unseen& unseen = {}, const std::set<std::string>& audited = {}) {
    const auto decoded = k8s::decode_manifest(yaml);
    EXPECT_TRUE(decoded) << (decoded ? "" : decoded.error().message);
    for (const auto& one : *decoded) objects.push_back(one.object);
    objects = explain::with_addresses(std::move(objects));
    report = report::report_of(objects, unseen, audited);
  }

  report::Index of(const std::string& name) const {
    for (report::Index i = 0; i < report.subjects.size(); ++i) {
      if (report::name_of(report.subjects[i]) == name) return i;
    }
    ADD_FAILURE() << "there is no " << name;
    return 0;
  }
  // "tcp/80", and the verdict.
  std::string cell(const std::string& from, const std::string& to) const {
    report::Cells cells(report);
    const report::Cell cell = cells.at(of(from), of(to));
    return cells.words(cell) + ": " + std::string(report::to_string(cell.verdict));
  }
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& subject : report.subjects) all.push_back(report::name_of(subject));
    return all;
  }
};

inline std::string pod(const std::string& name, const std::string& address, const std::string& labels,
                       const std::string& maker = "", const std::string& ports = "") {
  const std::string owner =
      maker.empty()
          ? ""
          : ", ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: " + maker + ", controller: true}]";
  return "---\n{apiVersion: v1, kind: Pod, metadata: {name: " + name + ", namespace: shop, labels: {" + labels + "}" +
         owner + "}, spec: {containers: [{name: c, ports: [" + ports +
         "]}]}, status: {phase: Running, podIPs: [{ip: " + address + "}]}}\n";
}

inline std::string policy(const std::string& name, const std::string& spec) {
  return "---\n{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: " + name +
         ", namespace: shop}, spec: {" + spec + "}}\n";
}

inline const std::string shop = "{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {env: prod}}}\n";

}  // namespace selvedge::test
