package gateway

import (
	"errors"
	"strings"

	"callout/internal/address"
	"callout/internal/smtpwire"
)

// command answers one command line.
func (c *session) command(line []byte) {
	verb, args := smtpwire.SplitCommand(line)
	if hasControl(line) && !looksLikeBDAT(line) { // which can't be gone on after: its octets follow
		c.reply(500, "5.5.2", "control characters in a command")
		return
	}
	if c.halfway() && interrupts(verb) {
		c.reply(503, "5.5.1", "a message is half sent: BDAT or RSET") // RFC 3030 section 2
		return
	}
	switch verb {
	case smtpwire.RCPT:
		c.recipients(args)
	case smtpwire.MAIL:
		c.mail(args)
	case smtpwire.DATA:
		c.data(args)
	case smtpwire.BDAT:
		c.bdat(args)
	case smtpwire.EHLO:
		c.greet(args, true)
	case smtpwire.HELO:
		c.greet(args, false)
	case smtpwire.STARTTLS:
		c.starttls(args)
	default:
		c.other(verb, args, line)
	}
}

// looksLikeBDAT reports whether a command that is not recognised may have been meant for one that octets follow.
func looksLikeBDAT(line []byte) bool {
	return len(line) >= 4 && strings.EqualFold(string(line[:4]), "BDAT")
}

// interrupts reports whether a command has no place between the chunks of a message.
func interrupts(verb smtpwire.Verb) bool {
	return verb == smtpwire.MAIL || verb == smtpwire.RCPT || verb == smtpwire.DATA || verb == smtpwire.STARTTLS
}

// other answers the commands that change nothing, or little.
func (c *session) other(verb smtpwire.Verb, args, line []byte) {
	if len(args) > 0 && (verb == smtpwire.RSET || verb == smtpwire.QUIT) {
		c.reply(501, "5.5.4", "no parameters are taken")
		return
	}
	switch verb {
	case smtpwire.RSET:
		c.drop()
		c.reply(250, "2.0.0", "ok")
	case smtpwire.NOOP:
		c.reply(250, "2.0.0", "ok")
	case smtpwire.QUIT:
		c.reply(221, "2.0.0", c.Hostname+" closing")
		c.ended = true
	case smtpwire.VRFY: // RFC 5321 section 7.3: whether a mailbox exists is told at RCPT alone
		c.reply(252, "2.1.5", "say RCPT to find out")
	case smtpwire.HELP:
		c.reply(214, "2.0.0", "see RFC 5321")
	case smtpwire.UnknownVerb:
		c.reply(500, "5.5.2", "command not recognised")
		if looksLikeBDAT(line) && !c.ended {
			c.farewell("4.5.0", "closing: octets may follow that are no commands")
		}
	default:
		c.reply(502, "5.5.1", "command not implemented")
	}
}

// greet answers EHLO and HELO, which begin anew (RFC 5321 section 4.1.4).
func (c *session) greet(args []byte, esmtp bool) {
	if len(args) == 0 || len(args) > 255 {
		c.reply(501, "", "say who you are: a domain or an address literal")
		return
	}
	c.drop()
	c.helo, c.esmtp = string(args), esmtp
	switch {
	case !esmtp:
		c.reply(250, "", c.Hostname)
	case c.tls != nil:
		c.out = append(c.out, c.hello.encrypted...)
	default:
		c.out = append(c.out, c.hello.plain...)
	}
}

// mail begins a transaction (RFC 5321 section 4.1.1.2).
func (c *session) mail(args []byte) {
	switch {
	case c.helo == "":
		c.reply(503, "5.5.1", "say EHLO first")
		return
	case c.tx != nil:
		c.reply(503, "5.5.1", "a transaction is open already")
		return
	}
	path, rest, err := smtpwire.ParsePath(args, "FROM")
	if err != nil {
		c.reply(501, "5.1.7", oneLine(err.Error()))
		return
	}
	params, err := smtpwire.ParseMailParams(rest)
	if err != nil {
		c.say(badParameter(err))
		return
	}
	if keyword := c.unoffered(&params); keyword != "" {
		c.reply(555, "5.5.4", keyword+" is not offered")
		return
	}
	sender := string(path)
	if a, bad := c.refuseMail(sender, params); bad {
		c.say(a)
		return
	}
	c.tx = newTransaction(c, sender, params)
	c.reply(250, "2.1.0", "ok")
}

// unoffered returns an extension that a parameter of MAIL belongs to and that clients are not told of; "" for none.
func (c *session) unoffered(p *smtpwire.MailParams) string {
	switch {
	case p.Size >= 0 && !c.announces("SIZE"):
		return "SIZE"
	case p.Body == smtpwire.BodyBinary && !c.announces("BINARYMIME"):
		return "BINARYMIME"
	case (p.Body == smtpwire.Body7Bit || p.Body == smtpwire.Body8Bit) && !c.announces("8BITMIME"):
		return "8BITMIME"
	case p.SMTPUTF8 && !c.announces("SMTPUTF8"):
		return "SMTPUTF8"
	case (p.Ret != "" || p.EnvID != "") && !c.announces("DSN"):
		return "DSN"
	}
	return ""
}

// refuseMail says what is wrong with a sender, or with what is to come.
func (c *session) refuseMail(sender string, params smtpwire.MailParams) (a answer, bad bool) {
	switch {
	case params.Size > c.MaxMessageSize: // RFC 1870 section 6.1
		return ours(552, 3, 4, "message too large"), true
	case !isASCII(sender) && !params.SMTPUTF8: // RFC 6531 section 3.5
		return ours(553, 6, 7, "say SMTPUTF8 for such an address"), true
	case sender == "":
		return answer{}, false
	}
	_, err := address.Parse(sender)
	switch {
	case errors.Is(err, address.ErrNoDomain):
		return ours(553, 1, 7, "the sender lacks a domain"), true
	case err != nil && !errors.Is(err, address.ErrLiteral):
		return ours(501, 1, 7, "bad sender address syntax"), true
	}
	return answer{}, false
}

// badParameter words why a parameter can't be taken (RFC 5321 section 4.1.1.11).
func badParameter(err error) answer {
	var p *smtpwire.ParamError
	if errors.As(err, &p) && p.Unknown {
		return ours(555, 5, 4, oneLine(err.Error()))
	}
	return ours(501, 5, 4, oneLine(err.Error()))
}

// hasControl reports whether a command has octets that no command may have.
func hasControl(line []byte) bool {
	for _, b := range line {
		if b < ' ' && b != '\t' || b == 0x7f {
			return true
		}
	}
	return false
}

func isASCII(s string) bool { return !strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 }) }
