// Package smtpwire owns how SMTP looks on a connection: lines and replies, read within bounds and written
// (RFC 5321 sections 4.1, 4.2 and 4.5.3; RFC 2034 and 3463 for enhanced status codes). It is used by the client
// that asks destinations and by servers; it knows nothing of what a reply means.
//
// A Reader reads from one connection: ReadReply on a client's side, ReadLine on a server's. It is strict where
// two readings of the same octets could differ, and forgiving where real servers are merely sloppy.
package smtpwire
