package gateway

import (
	"time"

	"callout/internal/smtpwire"
)

// data answers DATA and passes the message on (RFC 5321 section 4.1.1.4).
func (c *session) data(args []byte) {
	if len(args) > 0 {
		c.reply(501, "5.5.4", "no parameters are taken")
		return
	}
	a, ok := c.refuseMessage()
	if ok && c.tx.params.Body == smtpwire.BodyBinary { // RFC 3030 section 3
		a, ok = ours(503, 5, 1, "BINARYMIME needs BDAT"), false
	}
	if !ok {
		c.say(a)
		return
	}
	if !c.setReading(true) {
		c.farewell("4.3.2", "shutting down, try again later")
		return
	}
	defer c.setReading(false)
	if a, ok = c.startMessage(false); !ok {
		c.say(a)
		c.drop()
		return
	}
	c.reply(354, "", "end the message with <CRLF>.<CRLF>")
	if err := c.flush(); err != nil {
		c.lost(err)
		return
	}
	m := c.tx.message
	if err := m.relay(c.r.Data(c.Newlines)); err != nil {
		c.abandoned(m, err)
		return
	}
	c.finish(m)
}

// refuseMessage says why no message can come now; ok is true where one can. What was accepted and is broken since is
// told as such, and where recipients were told to come again so is the message: a client may look at this reply alone.
func (c *session) refuseMessage() (a answer, ok bool) {
	tx := c.tx
	switch {
	case tx == nil:
		return ours(503, 5, 1, "say MAIL and RCPT first"), false
	case tx.accepted == 0 && tx.deferred && (tx.broken == nil || tx.broken.code/100 == 5):
		return ours(451, 5, 1, "no recipient was taken, try again later"), false
	case tx.broken != nil:
		return *tx.broken, false
	case tx.accepted == 0:
		return ours(554, 5, 1, "no valid recipients"), false
	}
	return answer{}, true
}

// abandoned ends a session whose client stopped in the middle of a message. Nothing of the message is left at the
// next hop, and whatever comes behind it must not be read as commands.
func (c *session) abandoned(m *message, err error) {
	c.metrics.abandoned.Inc()
	c.logAbandoned(m, err)
	c.lost(err)
}

// finish gives a message its final reply and ends the transaction.
func (c *session) finish(m *message) {
	a := m.finish()
	c.tx.message = nil
	c.metrics.message(a.code, m.size)
	c.logMessage(m, a)
	if a.code/100 == 2 {
		c.errors, c.begun = 0, time.Now()
	}
	c.say(a)
	c.drop()
}
