package lab

import (
	"strings"
	"sync"

	"callout/internal/smtpwire"
)

// conduct is what a Model has seen of its client in one session. It follows the commands as they come, whatever
// becomes of them.
type conduct struct {
	s *modelSession

	mu       sync.Mutex
	greeted  bool
	excused  bool     // the destination has broken off or made no sense: the client may go without QUIT
	hello    string   // EHLO or HELO, once it was sent
	pending  []string // verbs without a reply
	mail     bool     // MAIL was sent
	refused  bool     // and refused
	utf8     bool     // MAIL had SMTPUTF8
	domain   string   // of the transaction's recipients
	count    int      // of them
	rejected int      // unknown recipients that were told
	quit     bool
}

// maxRecipients is what every server must take in one transaction (RFC 5321 section 4.5.3.1.8).
const maxRecipients = 100

// listen reads commands ahead of their replies, as a socket's buffer would.
func (c *conduct) listen() <-chan string {
	in := make(chan string, 1000)
	go func() {
		defer close(in)
		r := smtpwire.NewReader(c.s.conn)
		for {
			line, err := r.ReadLine()
			if err != nil {
				c.left()
				return
			}
			c.came(string(line))
			in <- string(line)
		}
	}()
	return in
}

// came takes a command as it comes.
func (c *conduct) came(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	verb, rest, _ := strings.Cut(line, " ")
	verb = strings.ToUpper(verb)
	c.order(verb)
	if !isASCII(line) && !c.takesUTF8() {
		c.violated("%q without SMTPUTF8 announced", line)
	}
	switch verb {
	case "EHLO", "HELO":
		c.hello, c.mail = verb, false
	case "MAIL":
		c.mailCame(rest)
	case "RCPT":
		c.recipientCame(rest)
	case "RSET":
		c.mail = false
	case "QUIT":
		c.quit = true
	case "NOOP":
	default:
		c.violated("the client said %q", line)
	}
	c.pending = append(c.pending, verb)
}

// order judges that a command comes now. The caller holds c.mu.
func (c *conduct) order(verb string) {
	h := c.s.m.habits
	switch n := len(c.pending); {
	case !c.greeted:
		c.violated("%s before the greeting", verb)
	case c.quit:
		c.violated("%s behind QUIT", verb)
	case n == 0:
	case c.hello != "EHLO" || !h.Pipelining || h.HELO:
		c.violated("%s ahead of the reply to %s without PIPELINING", verb, c.pending[n-1])
	case c.pending[n-1] == "EHLO" || c.pending[n-1] == "NOOP":
		c.violated("%s ahead of the reply to %s, which must be the last of its group", verb, c.pending[n-1])
	}
}

// takesUTF8 reports whether SMTPUTF8 was announced.
func (c *conduct) takesUTF8() bool {
	return c.hello == "EHLO" && c.s.m.habits.SMTPUTF8 && !c.s.m.habits.HELO
}

func (c *conduct) mailCame(path string) {
	if c.hello == "" {
		c.violated("MAIL before EHLO")
	}
	if c.mail && !c.refused {
		c.violated("MAIL within a transaction")
	}
	sender, parameters, _ := strings.Cut(path, " ")
	if !strings.EqualFold(sender, "FROM:<>") {
		c.violated("MAIL %s instead of the null sender", sender)
	}
	if parameters != "" && (parameters != "SMTPUTF8" || !c.takesUTF8()) {
		c.violated("MAIL with %s, which was not announced", parameters)
	}
	c.mail, c.refused, c.domain, c.count, c.utf8 = true, false, "", 0, parameters != ""
}

func (c *conduct) recipientCame(path string) {
	r := recipientOf(path)
	b := c.s.m.bounds
	switch {
	case r.IsZero():
		c.violated("RCPT %s is no recipient", path)
		return
	case !c.mail, c.refused && len(c.pending) == 0:
		c.violated("RCPT %s outside a transaction", r)
	case c.domain != "" && r.Domain() != c.domain:
		c.violated("%s and %s in one transaction", c.domain, r.Domain())
	case c.count >= maxRecipients:
		c.violated("more than %d recipients in one transaction", maxRecipients)
	case b.RetireAt > 0 && c.rejected >= b.RetireAt:
		c.violated("RCPT %s after %d unknown recipients", r, c.rejected)
	case !r.ASCII() && !c.utf8:
		c.violated("RCPT %s without MAIL's SMTPUTF8", r)
	}
	c.domain = r.Domain()
	c.count++
	c.s.m.noteAsked(r)
}

// left takes that the client has closed, or that the destination has.
func (c *conduct) left() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.greeted && !c.quit && !c.excused && len(c.pending) == 0 {
		c.violated("the client left without QUIT")
	}
}

// answered takes that the oldest command without a reply has one now, or that the greeting is said.
func (c *conduct) answered() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.greeted && len(c.pending) > 0 {
		c.pending = c.pending[1:]
	}
	c.greeted = true
}

// excuse takes that the destination breaks off or makes no sense.
func (c *conduct) excuse() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.excused = true
}

// mailRefused takes that the transaction the client believes to be open is none.
func (c *conduct) mailRefused() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refused = true
}

// told takes that a recipient is called unknown.
func (c *conduct) told() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rejected++
	if most := c.s.m.bounds.Rejections; most > 0 && c.rejected > most {
		c.violated("%d unknown recipients, where %d are allowed", c.rejected, most)
	}
}

// violated records what the client should not have done. The caller holds c.mu.
func (c *conduct) violated(format string, args ...any) {
	c.s.m.mu.Lock()
	defer c.s.m.mu.Unlock()
	c.s.m.violated(c.s.number, format, args...)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
