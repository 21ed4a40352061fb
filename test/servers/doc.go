// Package servers runs real mail servers on loopback for the tests in test and the benchmarks in bench: each with
// its stock limits, its configuration in a temporary folder, and its recipients in a table of its own. It knows
// nothing of Callout.
//
// A file for each thing, named for it:
//
//	servers.go      Server: one running destination, as the tests see it
//	tools.go        folders, files, programs, ports
//	process.go      a server that runs in the foreground as a child of the test
//	postfix.go      one Postfix: configuration, queue, log; mailboxes.go: one that holds mailboxes
//	destination.go  a Postfix where callouts and deliveries come in at two ports, so that its log tells them apart
//	sessions.go     what a Postfix has logged of its connections
//	variants.go     the Postfix destinations: stock, with limits, behind postscreen, with postgrey; a backup MX
//	keeper.go       the servers that keep messages for a test to read, each kind in a keeper_ file of its own
//	senders.go      a Postfix and an Exim that send on what they take
//	tls.go          the Postfix destinations with TLS, good and bad; certificates.go: what they show
//	root.go         a server whose packages conflict with Postfix, in a file system of its own, which the script
//	                install-roots has unpacked: exim.go, sendmail.go, opensmtpd.go, dovecot.go
//
// Loopback is not in any mynetworks, which would exempt Callout from limits on clients: it is a stranger there, as
// it is in life. Most servers need root, and all need the packages that test/install-packages installs. Where one
// is missing the test fails and says so; nothing is skipped. What is started is stopped when the test ends.
package servers
