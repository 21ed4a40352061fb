package lab

import (
	"crypto/tls"
	"fmt"
	"strings"
	"time"
)

// command answers one command line.
func (s *reception) command(line string) {
	verb, argument, _ := strings.Cut(line, " ")
	verb = strings.ToUpper(verb)
	switch {
	case s.tooEarly(verb):
		s.say("554 5.5.1 Nothing may be sent ahead of the reply to this command")
		s.over = true
		return
	case s.unwelcome && verb != "QUIT":
		s.say("503 5.5.1 There is no service here")
		return
	}
	switch verb {
	case "EHLO", "LHLO", "HELO":
		s.hello(verb, argument)
	case "STARTTLS":
		s.startTLS(argument)
	case "XCLIENT":
		s.introduce(argument)
	case "MAIL":
		s.from(argument)
	case "RCPT":
		s.to(argument)
	case "DATA":
		s.data(argument)
	case "BDAT":
		s.chunk(argument)
	case "RSET":
		if s.at(AtRSET, argument, "250 2.0.0 Ok") {
			s.reset()
		}
	case "NOOP":
		s.say("250 2.0.0 Ok")
	case "VRFY":
		s.say("252 2.5.0 Send some mail")
	case "QUIT":
		if s.at(AtQUIT, argument, "221 2.0.0 Bye") {
			s.over = true
		}
	default:
		s.say("500 5.5.2 Command not recognised")
	}
}

// tooEarly reports whether something was sent behind a command that must wait for the command's reply: always
// behind those that end a group (RFC 2920 section 3.1, RFC 3207 section 4), else where PIPELINING was not announced.
func (s *reception) tooEarly(verb string) bool {
	switch verb {
	case "EHLO", "LHLO", "HELO", "DATA", "STARTTLS", "XCLIENT":
		return s.in.Buffered() > 0
	case "BDAT":
		return false
	}
	return s.in.Buffered() > 0 && !s.may("PIPELINING")
}

// may reports whether the client was told of an extension.
func (s *reception) may(keyword string) bool {
	_, ok := s.r.extensions[keyword]
	return ok && s.extended
}

// hello answers EHLO, LHLO and HELO.
func (s *reception) hello(verb, name string) {
	usual := "250 " + s.r.Hostname
	switch {
	case s.r.LMTP != (verb == "LHLO"):
		usual = "500 5.5.1 " + verb + " is not of this protocol"
	case name == "":
		usual = "501 5.5.4 The name is missing"
	case verb != "HELO":
		lines := append([]string{s.r.Hostname}, s.r.Extensions...)
		if s.r.TLS != nil && !s.withinTLS() {
			lines = append(lines, "STARTTLS")
		}
		last := len(lines) - 1
		usual = "250 " + lines[last]
		if last > 0 {
			usual = "250-" + strings.Join(lines[:last], "\r\n250-") + "\r\n" + usual
		}
	}
	if s.at(AtEHLO, name, usual) {
		s.reset()
		s.greeted, s.extended = true, verb != "HELO"
	}
}

func (s *reception) withinTLS() bool { return s.conn != s.raw }

// startTLS answers STARTTLS. What was known of the client is forgotten (RFC 3207 section 4.2).
func (s *reception) startTLS(argument string) {
	usual := "220 2.0.0 Begin"
	switch {
	case s.r.TLS == nil:
		usual = "502 5.5.1 STARTTLS was not announced"
	case !s.extended || s.withinTLS() || s.mail != nil:
		usual = "503 5.5.1 Not now"
	case argument != "":
		usual = "501 5.5.4 STARTTLS has no arguments"
	}
	if !s.at(AtSTARTTLS, argument, usual) || !s.flush() {
		return
	}
	conn := tls.Server(s.raw, s.r.TLS)
	s.raw.SetDeadline(time.Now().Add(receptionWrites))
	if conn.Handshake() != nil {
		s.over = true
		return
	}
	s.conn = conn
	s.in.Reset(conn)
	s.greeted, s.extended = false, false
}

// introduce answers XCLIENT, after which the session is at its beginning; only another XCLIENT may follow at once.
func (s *reception) introduce(argument string) {
	usual := s.banner()
	switch {
	case !s.may("XCLIENT") && len(s.xclient) == 0:
		usual = "502 5.5.1 XCLIENT was not announced"
	case s.mail != nil:
		usual = "503 5.5.1 Not within a transaction"
	case len(s.xclient) >= receiverXCLIENTs:
		usual = "421 4.7.0 Too many introductions"
	default:
		known := " " + strings.ToUpper(s.r.extensions["XCLIENT"]) + " "
		for _, attribute := range strings.Fields(argument) {
			name, _, ok := strings.Cut(attribute, "=")
			if !ok || !strings.Contains(known, " "+strings.ToUpper(name)+" ") {
				usual = fmt.Sprintf("501 5.5.4 %q was not announced", attribute)
			}
		}
	}
	if s.at(AtXCLIENT, argument, usual) {
		s.xclient = append(s.xclient, argument)
		s.greeted, s.extended = false, false
	}
}
