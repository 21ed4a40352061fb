package gateway

import (
	"errors"
	"log/slog"
	"os"
	"strings"
	"time"
)

// What the log says at info: a line for each message, and one for each recipient that is told something else than the
// verifier has decided and logged.

// logRecipient says what a recipient was told, and what of the next hop is behind that.
func (c *session) logRecipient(p *pending) {
	if !c.log.Enabled(c.ctx, slog.LevelInfo) {
		return
	}
	a := p.answer
	args := []any{"client", c.name, "code", a.code, "enhanced", a.enhanced.String(), "text", a.text}
	if c.tx != nil {
		args = append(args, "id", c.tx.id, "sender", c.tx.sender)
	}
	if !p.r.IsZero() {
		args = append(args, "recipient", p.r.String())
	}
	if a.because != "" {
		args = append(args, "next_hop", a.hop, "because", oneLine(a.because))
	}
	c.log.Info("recipient", args...)
}

// logMessage says what became of a message.
func (c *session) logMessage(m *message, a answer) {
	args := append(m.describe(), "next_hop", m.tx.hop, "reply", string(a.words(nil)))
	if a.because != "" && a.code/100 != 2 && !strings.Contains(a.because, a.text) {
		args = append(args, "because", oneLine(a.because))
	}
	c.log.Info("message", append(args, "took", time.Since(m.begun))...)
}

// logAbandoned says that a message did not come to its end, because of the client or, when the server is to end and can
// wait no longer, of us.
func (c *session) logAbandoned(m *message, err error) {
	result := "abandoned"
	if c.closing.Load() && errors.Is(err, os.ErrDeadlineExceeded) {
		result = "shutdown"
	}
	c.log.Info("message", append(m.describe(), "next_hop", m.tx.hop, "result", result, "err", err, "took", time.Since(m.begun))...)
}

// describe returns what the log says of every message. It names some recipients.
func (m *message) describe() []any {
	tx := m.tx
	return []any{"id", tx.id, "client", m.c.name, "helo", m.c.helo, "tls", m.c.tls != nil, "sender", tx.sender,
		"recipients", tx.accepted, "recipient", strings.Join(tx.named, ","), "octets", m.size}
}
