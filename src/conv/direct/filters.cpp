#include "conv/direct/filters.h"

#include "base/scalars.h"
#include "base/threads.h"
#include "conv/direct/shapes.h"

namespace convstep {

template <typename Real>
PackedFilters<Real>::PackedFilters(const CorrelationShape& x, const DirectKernels<Real>& kernels)
    : x_(x), kernels_(kernels) {
  Index place = 0;
  for (Index k = 0; k < x.out_channels;) {
    const int width = width_around(kernels.tiles, x.out_channels - k);
    panels_.push_back({k, std::min<Index>(width, x.out_channels - k), width, place});
    k += width;
    place += width;
  }
  for (const AxisPhase& w : x.w_phases) {
    for (const AxisPhase& h : x.h_phases) {
      variants_.push_back({&h, &w, h.count * w.count});
      taps_ += h.count * w.count;
    }
  }
  first_.resize(variants_.size());
}

template <typename Real>
void PackedFilters<Real>::set_channels(Index channels) {
  channels_ = channels;
  const Index per_channel = std::max<Index>(1, taps_ * x_.groups);  // cells a filter
  const Index most = kSharedBytes / static_cast<Index>(sizeof(Real)) / per_channel;
  const Index widest = panels_[0].width;
  const Index most_filters = std::max(widest, most / x_.in_channels);
  const Index most_depths = std::clamp(most / (widest * channels_), Index{1}, depths());
  rounds_.clear();
  cells_ = 1;
  const Index panel_count = static_cast<Index>(panels_.size());
  for (Index p = 0; p < panel_count;) {
    Round round{p, p + 1, 0, 0};
    for (Round more = round; ++more.end_panel <= panel_count && filters_of(more) <= most_filters;) {
      round = more;
    }
    for (Index d = 0; d < depths(); d += most_depths) {
      round.first_depth = d;
      round.end_depth = std::min(d + most_depths, depths());
      rounds_.push_back(round);
      cells_ = std::max(cells_, per_channel * filters_of(round) * channels_of(round));
    }
    p = round.end_panel;
  }
}

template <typename Real>
Index PackedFilters<Real>::filters_of(const Round& round) const {
  const Panel& last = panels_[static_cast<std::size_t>(round.end_panel - 1)];
  return last.place + last.width - panels_[static_cast<std::size_t>(round.first_panel)].place;
}

template <typename Real>
Index PackedFilters<Real>::channels_of(const Round& round) const {
  return std::min(x_.in_channels, round.end_depth * channels_) - round.first_depth * channels_;
}

template <typename Real>
void PackedFilters<Real>::pack(const Round& round, Real* memory) {
  round_ = round;
  memory_ = memory;
  filters_ = filters_of(round);
  all_channels_ = channels_of(round);
  first_place_ = panels_[static_cast<std::size_t>(round.first_panel)].place;
  Index place = 0;
  for (std::size_t v = 0; v < variants_.size(); ++v) {
    first_[v] = place;
    place += variants_[v].taps * x_.groups * all_channels_ * filters_;
  }
  const Index tasks =
      static_cast<Index>(variants_.size()) * x_.groups * round.depths() * round.panels();
  const double cells = static_cast<double>(taps_ * x_.groups * all_channels_ * filters_);
  parallel_for(tasks, cells / static_cast<double>(tasks), [&](Index task, int) {
    const Index panel = round_.first_panel + task % round_.panels();
    task /= round_.panels();
    const Index depth = round_.first_depth + task % round_.depths();
    task /= round_.depths();
    pack_panel(static_cast<std::size_t>(task / x_.groups), task % x_.groups, depth,
               panels_[static_cast<std::size_t>(panel)]);
  });
}

template <typename Real>
void PackedFilters<Real>::pack_panel(std::size_t variant, Index group, Index depth,
                                     const Panel& panel) const {
  const Variant& v = variants_[variant];
  const Index width = panel.width;
  Real* to = memory_ + offset(variant, group, depth, panel);
  const double* from = x_.filters + group * x_.group_stride + depth * channels_ * x_.in_stride +
                       panel.first * x_.out_stride;
  if (panel.count < width) std::fill_n(to, channels(depth) * v.taps * width, Real{0});
  if (v.h->filter_step == 1 && v.taps == x_.in_stride) {
    // All taps of a channel, then those of the next: as they lie in memory.
    kernels_.narrow.transpose(from, x_.out_stride, channels(depth) * v.taps, panel.count, to,
                              width);
    return;
  }
  for (Index c = 0; c < channels(depth); ++c, from += x_.in_stride) {
    for (Index j = 0; j < v.w->count; ++j) {
      for (Index i = 0; i < v.h->count; ++i, to += width) {
        const double* tap = from + v.h->filter + i * v.h->filter_step +
                            x_.filter_rows * (v.w->filter + j * v.w->filter_step);
        for (Index k = 0; k < panel.count; ++k) to[k] = static_cast<Real>(tap[k * x_.out_stride]);
      }
    }
  }
}

#define CONVSTEP_MAKE(Real) template class PackedFilters<Real>;
CONVSTEP_FOR_EACH_REAL(CONVSTEP_MAKE)
#undef CONVSTEP_MAKE

}  // namespace convstep
