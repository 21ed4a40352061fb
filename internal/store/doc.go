// Package store owns what outlives a restart: the domains added at run time, local recipients, pauses, the
// verdicts, what is known of a domain as a whole and of destination hosts, and the numbers by which all that is
// made void: a domain's generation by a clear, its epoch by a change of what is asked.
//
// Store is the contract; sqlite (embedded) implements it and storetest is the one suite that every
// implementation passes. Behind puts a write-behind buffer for what callouts find in front of a Store: a verdict
// lost in a crash costs one callout, so verdicts are written in batches, while changes that people make, clears
// and new epochs are durable before they are acknowledged.
//
// The package does not judge: whether a stored verdict still counts, and against what, is decided by verify.
package store
