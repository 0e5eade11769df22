#include "controller/explain/port.h"

#include <gtest/gtest.h>

namespace selvedge::explain {
namespace {

std::string read(const std::string& text) {
  const auto port = read_port(text);
  return port ? to_string(*port) : "wrong";
}

TEST(PortAsked, IsReadInTheFormsThatPeopleUse) {
  EXPECT_EQ(read("tcp/3000"), "tcp/3000");
  EXPECT_EQ(read("53/UDP"), "udp/53");
  EXPECT_EQ(read("443"), "tcp/443");
  EXPECT_EQ(read("SCTP/5000"), "sctp/5000");
  EXPECT_EQ(read("http"), "http");
  EXPECT_EQ(read("tcp/http"), "tcp/http");
  EXPECT_EQ(read("icmp"), "icmp");
  EXPECT_EQ(read("icmp/3"), "icmp/3");
  EXPECT_EQ(read("icmpv6/128"), "icmpv6");
}

TEST(PortAsked, WhatIsNone_IsRefused) {
  for (const char* text : {"", "0", "65536", "tcp", "tcp/", "/80", "tcp/80/81", "quic/80", "-1", "icmp/256", "icmp/x",
                           "80x!", "99999999999999999999"})
    EXPECT_EQ(read(text), "wrong") << text;
}

}  // namespace
}  // namespace selvedge::explain
