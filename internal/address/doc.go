// Package address owns recipients: it parses the forward-path of a RCPT TO (RFC 5321 section 4.1.2, RFC 6531
// section 3.3), normalises it and prints it for the wire.
//
// Parse reads the form that SMTP carries, Unquoted the form that the Postfix policy protocol carries. Both
// judge as little as they can, since the destination knows better which local-parts it has: only what could
// not be sent as one SMTP command, or has no place to be sent to, is refused.
package address
