// Package store owns what outlives a restart: the domains added at run time, the verdicts, what is known of
// a domain as a whole, and the generation numbers by which they are cleared.
//
// Store is the contract; sqlite (embedded) implements it and storetest is the one suite that every
// implementation passes. Behind puts a write-behind buffer for verdicts in front of a Store: a verdict lost in
// a crash costs one callout, so verdicts are written in batches, while domain changes and clears are durable
// before they are acknowledged.
//
// The package does not judge: whether a stored verdict still counts, and against what, is decided by verify.
package store
