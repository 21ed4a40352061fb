// Package bench measures Callout beside what bounds it, in the same run: ratios travel from machine to machine,
// absolute figures don't. `make bench` runs it. Every benchmark takes all sides in turn, several rounds, and
// reports medians; none of them fails for being slow. BenchmarkDistance counts instead of timing, and fails where
// it counts too much; BenchmarkGatewayMemory reports MiB, with nothing beside it.
//
// All load is bounded in count and time and stays on loopback; what is started is stopped.
//
//	rounds_test.go     sides, taken in turn; processors_test.go: and with processors of their own
//	processes_test.go  Callout and an always-DUNNO server, as processes; policy_test.go: their clients
//	postfix_test.go    a Postfix destination; direct_test.go: a client that asks it and does nothing else
//	gateway_test.go    Callout with its gateway; gateway_crowd_test.go: many SMTP clients; gateway_gosmtp_test.go:
//	                   a server that refuses everything; gateway_sink_test.go, gateway_slow_test.go: next hops that
//	                   take everything
package bench
