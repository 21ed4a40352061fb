package callout

import "callout/internal/smtpwire"

// Judge says what a reply to RCPT TO says of the recipient: this is where the rules of replies and verdicts
// stand. kind is of use only where the outcome is Unknown.
//
//	2xx (251, 252 too)      Accepted
//	421                     Unknown, Closed: the server is going away
//	4xx                     Unknown, Temporary
//	5xx about us            Unknown, AboutUs
//	5xx                     Rejected
//	anything else           Unknown, Garbage
func Judge(r smtpwire.Reply) (outcome Outcome, kind Kind) {
	switch {
	case r.Class() == 2:
		return Accepted, 0
	case r.Code == 421:
		return Unknown, Closed
	case r.Class() == 4:
		return Unknown, Temporary
	case r.Class() == 5 && aboutUs(r):
		return Unknown, AboutUs
	case r.Class() == 5:
		return Rejected, 0
	}
	return Unknown, Garbage
}

// aboutUs reports whether a 5xx to RCPT is about the dialogue, the sender or our address, so that it would have
// been said of any recipient. 5.5.0, 5.4.1, 5.2.x and 5.7.1 are not here: real servers use them for recipients.
func aboutUs(r smtpwire.Reply) bool {
	if r.Code == 504 || AboutServer(r) {
		return true
	}
	e := r.Enhanced
	if e.Class != 5 {
		return false
	}
	switch e.Subject {
	case 1:
		return e.Detail == 7 || e.Detail == 8 // sender address
	case 7:
		return e.Detail >= 23 && e.Detail <= 27 // SPF and reverse DNS (RFC 7372)
	}
	return false
}

// AboutServer reports whether a 5xx to MAIL or RCPT is about how we speak, our address or our tenant: neither who sends
// a message nor who is to get it could do anything about that. 504 is not here: Postfix says it of names that are not
// fully qualified, the client's and the sender's too.
func AboutServer(r smtpwire.Reply) bool {
	switch r.Code {
	case 500, 502, 503, 530, 555:
		return true
	}
	switch e := r.Enhanced; {
	case e.Class != 5:
		return false
	case e.Subject == 5:
		return e.Detail == 1 || e.Detail == 3 // protocol: bad command, too many recipients
	}
	return r.Enhanced.Subject == 7 && microsoftRefuses(r.Enhanced.Detail)
}

// microsoftRefuses reports whether 5.7.detail is what Microsoft's servers say of addresses and tenants.
func microsoftRefuses(detail uint16) bool {
	switch {
	case detail == 51, detail == 64,
		detail >= 501 && detail <= 513 && detail != 505 && detail != 507,
		detail >= 606 && detail <= 649,
		detail >= 700 && detail <= 750:
		return true
	}
	return false
}
