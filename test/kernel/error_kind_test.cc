// What the kernel's numbers mean for the caller. Pure: no kernel is asked.
#include <cerrno>

#include <gtest/gtest.h>

#include "nft/netlink_encode.h"
#include "nft/netlink_error.h"

namespace selvedge::nft {
namespace {

using netlink::Complaint;
using netlink::Complaints;
using Kind = Error::Kind;

const Batch batch{AddTable{}, AddChain{"pod-1", {}}, AddRule{"pod-1", {{}, "", Drop{}, ""}}, DeleteChain{"old"}};

// Of the operation `op`, or of none: then the system call itself failed.
Error error_of(int code, std::optional<std::size_t> op) {
  const auto stream = netlink::encode("selvedge", batch, 0, 100);
  EXPECT_TRUE(stream);
  std::optional<std::uint32_t> sequence;
  for (std::uint32_t i = 100; op && i < stream->next_sequence(); ++i) {
    if (stream->op_of(i) == op) sequence = i;
  }
  return netlink::error_of("selvedge", batch, *stream,
                           Complaints{{Complaint{.code = code, .sequence = sequence}}, false});
}

TEST(ErrorKind, OfAnOperation_IsARefusalOnlyIfTheKernelWouldSayNoAgain) {
  const struct {
    int code;
    Kind kind;
  } expected[] = {{EPERM, Kind::denied},    {EACCES, Kind::denied},    {EBUSY, Kind::transient},
                  {EINTR, Kind::transient}, {EAGAIN, Kind::transient}, {ENOMEM, Kind::transient},
                  {ENOBUFS, Kind::unknown}, {EEXIST, Kind::refused},   {ENOENT, Kind::refused},
                  {EINVAL, Kind::refused},  {EMLINK, Kind::refused},   {ENFILE, Kind::refused},
                  {ERANGE, Kind::refused},  {E2BIG, Kind::refused},    {EOPNOTSUPP, Kind::unsupported}};
  for (const auto& [code, kind] : expected) {
    const Error error = error_of(code, 2);
    EXPECT_EQ(error.kind, kind) << error.message;
    EXPECT_EQ(error.op, 2U);
    EXPECT_EQ(error.code, code);
  }
}

TEST(ErrorKind, BusyIsARefusalOfADeletion_ForWhichTheObjectIsInUse) {
  EXPECT_EQ(error_of(EBUSY, 3).kind, Kind::refused);
  EXPECT_EQ(error_of(EBUSY, 1).kind, Kind::transient);
}

TEST(ErrorKind, OfTheSystemCall_BlamesNoOperation) {
  for (const int code : {EMSGSIZE, EPERM, ENOBUFS, ENOMEM, EINTR, EAGAIN}) {
    const Error error = error_of(code, std::nullopt);
    EXPECT_EQ(error.op, std::nullopt) << error.message;
  }
  EXPECT_EQ(error_of(ENOBUFS, std::nullopt).kind, Kind::unknown);
  EXPECT_EQ(error_of(ENOMEM, std::nullopt).kind, Kind::transient);
}

TEST(ErrorKind, OfALostAnswer_IsUnknown) {
  const auto stream = netlink::encode("selvedge", batch, 0, 100);
  const Error error = netlink::error_of("selvedge", batch, *stream, Complaints{{}, true});
  EXPECT_EQ(error.kind, Kind::unknown);
  EXPECT_EQ(error.op, std::nullopt);
}

}  // namespace
}  // namespace selvedge::nft
