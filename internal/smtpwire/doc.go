// Package smtpwire owns how SMTP looks on a connection: lines, commands, replies and message data, read within bounds
// and written (RFC 5321 sections 4.1, 4.2, 4.5.2 and 4.5.3; RFC 2034 and 3463 for enhanced status codes; RFC 1870,
// 3030, 3461, 6152 and 6531 for parameters and chunks). It is used by clients that ask destinations or hand messages
// on, and by servers; it knows nothing of what a command or a reply means.
//
// A Reader reads from one connection: ReadReply on a client's side; ReadLine, and Data or Chunk for a message, on a
// server's. SplitCommand, ParsePath, ParseMailParams, ParseRcptParams and ParseBDAT take a line apart. A DotWriter
// writes a message behind DATA. It is strict where two readings of the same octets could differ, and forgiving where
// real servers and clients are merely sloppy: a message's lines end with CRLF and nothing else, and it with CRLF.CRLF
// and nothing else, whatever the next server would take.
package smtpwire
