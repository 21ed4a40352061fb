// Package cli owns the program's verbs and is the only place that wires the packages together: what runs for
// `serve` and `demo` is a server; the other verbs talk to a running server over its admin socket, or to a
// destination themselves.
//
// A verb returns an error for people: one line that says what failed, on what, and what to do. Run prints it
// and turns it into an exit status: 0 for success, 1 for a failure, 2 for a command line or a configuration
// that can't be used. `check` has a table of its own.
package cli
