// What holds for every table that the core makes, whatever it was fed.
#pragma once

#include <string>
#include <vector>

#include "k8sclient/types.h"

namespace selvedge::fuzz {

// The objects' table on `node` is one that the kernel takes; its text is plain lines in which quotes and braces are
// closed; the order of the objects does not matter.
void expect_sound_table(const std::vector<k8s::Object>& objects, const std::string& node);

}  // namespace selvedge::fuzz
