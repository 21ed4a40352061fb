// Package lab has destinations to try things on: scripted ones, which follow a dialogue that a reader can follow
// too, for what real servers won't do on command; and a well-behaved one with mailboxes, for the demo, load and
// model tests. None of it is part of answering questions in production.
//
// A Script is text. Lines that begin with "== " open a session of a host, "> " and "< " belong to whoever runs
// the script, and the rest is the session's dialogue:
//
//	# What is refused is kept.
//	> rcpt nobody@example.com
//	== mx.example.com:25
//	S: 220 mx.example.com ESMTP
//	C: EHLO *
//	S: 250 mx.example.com
//	C: MAIL FROM:<>
//	S: 250 Ok
//	C: RCPT TO:<nobody@example.com>
//	S: 550 5.1.1 no such user
//	< reject 550 5.1.1
//
// C: is what the client must say, a * standing for anything; S: is what the destination says. Further lines are
//
//	raw "250 a\n"   octets as Go writes strings, nothing added
//	wait 5s         say nothing for a while
//	quiet           the client must have sent nothing ahead
//	close           close the connection
//	hang            say nothing until the client goes away
//	refuse          the connection is refused (a session's only line)
//	unreachable     nothing answers the connection (a session's only line)
//
// "== mx.example.com:25 goes on" adds to the last session of that host, so that a script can be written in the
// order in which things happen.
package lab
