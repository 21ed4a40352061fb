// Package bench measures Callout beside what bounds it, in the same run: ratios travel from machine to machine,
// absolute figures don't. `make bench` runs it. Every benchmark takes all sides in turn, several rounds, and
// reports medians; none of them fails for being slow. BenchmarkDistance counts instead of timing, and fails where
// it counts too much; BenchmarkGatewayMemory reports MiB, with nothing beside it. BenchmarkClearMillion and
// BenchmarkListMillion report milliseconds, the median and the worst, since what they measure must be quick for people.
//
// All load is bounded in count and time and stays on loopback; what is started is stopped.
//
//	rounds_test.go     sides, taken in turn; processors_test.go: and with processors of their own
//	processes_test.go  Callout and an always-DUNNO server, as processes; policy_test.go: their clients
//	postfix_test.go    a Postfix destination; direct_test.go: a client that asks it and does nothing else
//	gateway_test.go    Callout with its gateway; gateway_crowd_test.go: many SMTP clients; gateway_gosmtp_test.go:
//	                   a server that refuses everything; gateway_sink_test.go, gateway_slow_test.go: next hops that
//	                   take everything
//	console_program_test.go  Callout with API and pages, on a database that is there before; console_million_test.go:
//	                   of a domain with a million verdicts; console_client_test.go: HTTP clients; console_pace_test.go:
//	                   clients that ask at fixed times; console_settle_test.go: when a program that has started is idle
package bench
