// Package verify owns the one question that every front end asks: does this recipient exist, and what is the
// client to be told? It goes one straight way:
//
//	Decide -> local recipients -> memory, and out; or -> a flight, which equal questions share:
//	          store -> catch-all state of the domain -> callout -> Verdict kept -> Decision
//
// Verdicts are held in bounded caches in memory, valid ones and invalid ones apart so that a flood of the latter
// can't push out the former, in front of the store, to which they are written behind. What a host of lower priority
// than the first says is provisional: it is held apart from both, for 5 min, and never written. What is known of a
// domain as a whole (its generation, whether it is a catch-all, what is being asked) is in its state; nothing on the
// way of a question is shared between domains.
//
// Where the rules stand: which of two verdicts counts in weigh.go, what an answer becomes in keep.go, when a random
// address is asked and what it proves in probe.go, the modes of a domain in mode.go, what a client is told in
// decision.go, and what is not enforced in enforce.go and pause.go.
//
// The package judges verdicts: how long they are kept, which of two counts, what a client is told. It does not
// judge replies (callout.Judge does) and knows no protocol of a front end.
package verify
