// Package history keeps what happened, minute by minute, and the alerts that were, both in the store, so that the
// charts and the list of alerts go on after a restart.
//
// New begins to read the metrics' counters, every ten seconds, and to look at what is alerted of now. Each minute it
// writes what came to the counters since the last one, nothing too: where a chart has no minute Callout did not run.
// The counters begin anew with each start, so the first reading is where counting begins and never a number of events.
//
// An alert is known by what it is and whom it is about. While one holds its words may change; it is past once a look
// does not find it any more. One that was open before a restart and still holds at the first look goes on,
// and so does one of which it can't be known yet.
//
// The package knows neither what is counted nor what alerts mean, nor who may see them.
package history
