package nexthop

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"callout/internal/callout"
	"callout/internal/smtpwire"
)

// speaksFor reports whether the hop takes the session for one of the client's.
func (s *session) speaksFor(c Client) bool { return !s.key.xclient || s.introduced == c }

// bound reports whether the hop can't be told of another client: Postfix takes XCLIENT from whom it trusts, and that is the
// client from then on.
func (s *session) bound() bool {
	return s.introduced != Client{} && xclient(s.takes.xclient, Client{}) == "XCLIENT" // it names nothing that is known here
}

// introduce tells the hop who the client is, where it was not told so already (Postfix XCLIENT_README), and says EHLO again
// as the client did: Postfix forgets the HELO attribute with that, and what is announced may depend on the client. A transaction that was left open must be over for it.
func (s *session) introduce(c Client) *callout.Problem {
	line := xclient(s.takes.xclient, c)
	if s.speaksFor(c) || line == "XCLIENT" { // it names nothing that is known here
		return nil
	}
	if s.dirty {
		reply, problem := s.command(callout.StageMail, commandTimeout, "RSET")
		if problem := s.afterReset(reply, problem); problem != nil {
			return problem
		}
	}
	reply, problem := s.command(callout.StageMail, commandTimeout, line)
	if problem == nil && reply.Code != 220 {
		problem = s.unexpected(callout.StageMail, reply)
		problem.Err, problem.Reply = fmt.Errorf("the answer to XCLIENT is %s, not 220", reply), smtpwire.Reply{}
	}
	if problem != nil {
		return problem
	}
	return s.greetAgain(c)
}

func (s *session) greetAgain(c Client) *callout.Problem {
	reply, err := s.link.Hello(s.nameOf(c))
	if err == nil && reply.Code != 250 && s.nameOf(c) != s.key.hostname { // a hop that is particular about names
		reply, err = s.link.Hello(s.key.hostname)
	}
	if err != nil {
		return s.lost(callout.StageEHLO, err)
	}
	if reply.Code != 250 {
		return s.unexpected(callout.StageEHLO, reply)
	}
	s.takes, s.introduced = announced(s.link.Extensions, s.key.pipelining), c
	return nil
}

// nameOf returns what to say in EHLO for a client: its own words where they can stand there.
func (s *session) nameOf(c Client) string {
	if c.Helo == "" || !clean(c.Helo) || strings.Contains(c.Helo, " ") {
		return s.key.hostname
	}
	return c.Helo
}

// unavailable stands for what is not known.
const unavailable = "[UNAVAILABLE]"

// xclient returns the command with those attributes that the hop named.
func xclient(named []string, c Client) string {
	var b strings.Builder
	b.WriteString("XCLIENT")
	for _, attribute := range named {
		value := ""
		switch attribute {
		case "NAME":
			value = unavailable
		case "ADDR":
			value = xclientAddress(c.Address)
		case "PORT":
			value = unavailable
			if c.Port != 0 {
				value = strconv.Itoa(int(c.Port))
			}
		case "HELO":
			value = unavailable
			if c.Helo != "" {
				value = xtext(c.Helo)
			}
		case "PROTO":
			value = "SMTP"
			if c.ESMTP {
				value = "ESMTP"
			}
		default:
			continue
		}
		b.WriteString(" " + attribute + "=" + value)
	}
	return b.String()
}

// xclientAddress returns an address with the prefix that one of IPv6 has.
func xclientAddress(a netip.Addr) string {
	a = a.Unmap().WithZone("")
	switch {
	case !a.IsValid():
		return unavailable
	case a.Is6():
		return "IPV6:" + a.String()
	}
	return a.String()
}

// xtext encodes what is not printable ASCII, + and = (RFC 3461 section 4).
func xtext(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c > ' ' && c < 0x7f && c != '+' && c != '=' {
			b.WriteByte(c)
			continue
		}
		b.Write([]byte{'+', hex[c>>4], hex[c&15]})
	}
	return b.String()
}
