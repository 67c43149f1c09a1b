// The filters of a correlation as the tiles of the direct engine read them.
//
// They are cut into panels, as wide as a tile, and channels into blocks; for each variant, group,
// block of channels and panel they lie as [channel][tap][filter of the panel]. As many panels and
// blocks at a time are packed as fit into kSharedBytes: a round.
#pragma once

#include <algorithm>
#include <vector>

#include "conv/direct/correlate.h"

namespace convstep {

// Filters [first, first + count) of a group, packed `width` wide.
struct Panel {
  Index first, count;
  int width;
  Index place;  // filters of the panels before, with their padding
};

// One of the outputs that share the packed columns.
struct Variant {
  const AxisPhase* h;
  const AxisPhase* w;
  Index taps;
};

template <typename Real>
class PackedFilters {
 public:
  PackedFilters(const CorrelationShape& x, const DirectKernels<Real>& kernels);
  // Sets the channels of a block, and with them the rounds.
  void set_channels(Index channels);

  const std::vector<Panel>& panels() const { return panels_; }
  const std::vector<Variant>& variants() const { return variants_; }
  Index taps() const { return taps_; }  // of all variants
  Index depths() const { return ceil_div(x_.in_channels, channels_); }
  // Channels of block `depth`.
  Index channels(Index depth) const {
    return std::min(channels_, x_.in_channels - depth * channels_);
  }

  // Panels and blocks of channels that are packed together.
  struct Round {
    Index first_panel, end_panel, first_depth, end_depth;
    Index panels() const { return end_panel - first_panel; }
    Index depths() const { return end_depth - first_depth; }
  };
  const std::vector<Round>& rounds() const { return rounds_; }
  Index cells() const { return cells_; }  // memory of the largest round

  void pack(const Round& round, Real* memory);
  // Of what has been packed last.
  const Real* of(std::size_t variant, Index group, Index depth, const Panel& panel) const {
    return memory_ + offset(variant, group, depth, panel);
  }

 private:
  Index offset(std::size_t variant, Index group, Index depth, const Panel& panel) const {
    const Index taps = variants_[variant].taps;
    return first_[variant] +
           taps * (filters_ * (group * all_channels_ + (depth - round_.first_depth) * channels_) +
                   channels(depth) * (panel.place - first_place_));
  }
  Index filters_of(const Round& round) const;
  Index channels_of(const Round& round) const;
  void pack_panel(std::size_t variant, Index group, Index depth, const Panel& panel) const;

  const CorrelationShape& x_;
  const DirectKernels<Real>& kernels_;
  std::vector<Panel> panels_;
  std::vector<Variant> variants_;
  Index taps_ = 0;
  Index channels_ = 1;
  std::vector<Round> rounds_;
  Index cells_ = 1;
  // What is packed at present.
  Round round_{};
  Real* memory_ = nullptr;
  std::vector<Index> first_;  // of each variant
  Index filters_ = 0, all_channels_ = 0, first_place_ = 0;
};

}  // namespace convstep
