// Package decisions keeps the last decisions in memory, for those who want to see what was decided and why, and tells
// those who watch when there are more.
//
// Log.Add stands on the way of every answer. It copies what is shown of a decision into a place that was made
// beforehand, under one short lock; what people read is made of it when somebody reads. Readers take copies of a few
// places at a time, so that none holds up a decision, and watchers are woken twenty times a second at most.
//
// A place keeps no string that could be part of something large, so that the memory of a Log is bounded: about 7 MB
// for 20,000 decisions of the usual size, and where outsiders fill it with the longest addresses, replies and problems
// that are kept, below 100 MB.
//
// The package knows neither who may see a decision nor how it is shown.
package decisions
