// Package test is the program as a whole, end to end: the built binary, real mail servers from Debian's packages,
// everything on loopback. It has no code of its own beside its tests; the servers are in test/servers, which
// benchmarks use as well.
//
// The pieces, each in a file of its name:
//
//	destinations_test.go every kind of destination server, asked for recipients one at a time and many at a time;
//	                     destinations_questions_test.go asks, destinations_table_test.go tells what it cost
//	front_test.go        a Postfix that asks Callout by check_policy_service and relays to the destination
//	serve_test.go        a running "callout serve" with its configuration file and log
//	tap_test.go          listens between Postfix and Callout and keeps what was said
//	gateway_test.go      a "callout serve" that takes mail itself, in front of real servers that keep what they get:
//	                     gateway_delivery_test.go that it arrives as it was sent, gateway_smuggling_test.go that
//	                     nothing comes in with it, gateway_kill_test.go that it is not lost, gateway_load_test.go
//	                     that it all arrives; gateway_client_test.go is a raw client, gateway_arrived_test.go
//	                     compares what has arrived, gateway_receiver_test.go is a next hop that a test can watch
//	web_test.go          the pages in a browser (test/browser), in front of a real Postfix: web_story_test.go what a person
//	                     does, web_foreign_test.go what is not theirs, web_import_test.go, web_hold_test.go, and
//	                     web_look_test.go every page, for everybody
//	policyclient_test.go speaks Postfix's policy protocol, smtpclient_test.go a raw SMTP dialogue
//
// The destination keeps the limits Postfix ships with (smtpd_soft_error_limit, smtpd_hard_error_limit,
// smtpd_junk_command_limit, in_flow_delay, smtpd_client_connection_count_limit).
//
// The tests need root, since Postfix does, and the packages that the script install-packages installs. Where a
// tool is missing a test fails and says so; none is skipped. What a test starts it stops, and what it writes lies
// in a folder that it removes.
package test
