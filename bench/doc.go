// Package bench measures Callout beside what bounds it, in the same run: ratios travel from machine to machine,
// absolute figures don't. `make bench` runs it. Every benchmark takes both sides in turn, several rounds, and
// reports medians; none of them fails for being slow.
//
// All load is bounded in count and time and stays on loopback; what is started is stopped.
package bench
