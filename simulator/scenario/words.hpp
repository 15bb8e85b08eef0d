// The shapes of what is written as one word or text: numbers, durations, selectors, conditions ...
#pragma once

#include "simulator/scenario/scenario.hpp"
#include "simulator/scenario/shape.hpp"

namespace simulator {

// Each for the type its argument points to; the pointer is not looked at.
const Shape& word_shape(std::string*);
const Shape& word_shape(bool*);
const Shape& word_shape(std::uint32_t*);
const Shape& word_shape(std::uint64_t*);
const Shape& word_shape(std::int32_t*);
const Shape& word_shape(Duration*);
const Shape& word_shape(Span*);
const Shape& word_shape(Shift*);
const Shape& word_shape(Share*);
const Shape& word_shape(Drift*);
const Shape& word_shape(Count*);
const Shape& word_shape(Size*);
const Shape& word_shape(Bandwidth*);
const Shape& word_shape(Rate*);
const Shape& word_shape(io_sim::Distribution*);
const Shape& word_shape(Selectors*);
const Shape& word_shape(Sides*);
const Shape& word_shape(Happening*);
const Shape& word_shape(Condition*);
const Shape& word_shape(Settings*);
const Shape& word_shape(Requirement*);

}  // namespace simulator
