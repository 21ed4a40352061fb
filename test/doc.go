// Package test is the program as a whole, end to end: the built binary, real mail servers from Debian's packages,
// everything on loopback. It has no code of its own beside its tests.
//
// The pieces, each in a file of its name:
//
//	postfix_test.go      one Postfix in one temporary folder: configuration, queue, log
//	destination_test.go  a Postfix that holds mailboxes; callouts and deliveries come in at two ports, so that
//	                     its log tells them apart
//	front_test.go        a Postfix that asks Callout by check_policy_service and relays to the destination
//	serve_test.go        a running "callout serve" with its configuration file and log
//	tap_test.go          listens between Postfix and Callout and keeps what was said
//	policyclient_test.go speaks Postfix's policy protocol, smtpclient_test.go a raw SMTP dialogue
//
// The destination keeps the limits Postfix ships with (smtpd_soft_error_limit, smtpd_hard_error_limit,
// smtpd_junk_command_limit, in_flow_delay, smtpd_client_connection_count_limit), and since mynetworks would exempt
// Callout from the last of them, loopback is not in mynetworks: Callout is a stranger there, as it is in life.
//
// The tests need root, since Postfix does, and the packages that the script install-packages installs. Where a
// tool is missing a test fails and says so; none is skipped. What a test starts it stops, and what it writes lies
// in a folder that it removes.
package test
