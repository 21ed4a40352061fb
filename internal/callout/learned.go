package callout

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"callout/internal/smtpwire"
)

// knows returns what was learned of the host and still counts. The caller holds h.mu.
func (h *host) knows(l Limit, now time.Time) (n int, ok bool) {
	what, ok := h.learned[l]
	if !ok || !now.Before(what.Expires) {
		return 0, false
	}
	return what.N, true
}

// learn notes what a host has shown of itself. Of limits the least counts, of what it takes the most.
func (h *host) learn(l Limit, n int, reply string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.noteLearned(l, n, reply)
}

func (h *host) noteLearned(l Limit, n int, reply string) {
	now := time.Now()
	old, known := h.knows(l, now)
	life := learnedLife
	switch l {
	case Several:
		if known && n <= old {
			return
		}
	case Recipients, Rejections, Resets:
		if known && n > old {
			return
		}
	case Sessions:
		life = sessionsLife
	case NoTLS:
		life = noTLSLife
	}
	what := Learned{Address: h.address, Limit: l, N: n, Reply: oneLine(reply), At: now, Expires: now.Add(life)}
	h.learned[l] = what
	if l == Several && known && n < 2*old {
		return // not worth a write each time
	}
	h.pools.log.Info("learned of a destination", "destination", h.address, "what", string(l), "n", n, "reply", what.Reply)
	h.pools.remember(what)
}

// oneLine bounds what is kept of a reply.
func oneLine(reply string) string { return shortened(reply, 500) }

// shortened returns no more than so many octets of a text, and no part of a character.
func shortened(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}

// depth returns how many recipients a transaction may have, and whether more than one is tried for the first time:
// one until the host has taken a second, then as many as it was seen to take, and at most limit. The caller holds h.mu.
func (h *host) depth(limit int) (n int, trial bool) {
	now := time.Now()
	if capped, ok := h.knows(Recipients, now); ok {
		return min(limit, capped), false
	}
	if _, ok := h.knows(Several, now); ok {
		return limit, false
	}
	return min(limit, 2), limit > 1
}

// counts reports whether a refusal at a position of a transaction, from 2, is about its recipient: the host takes
// recipients at that position, and has refused one in these words that was asked alone.
func (h *host) counts(position int, words string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	took, ok := h.knows(Several, time.Now())
	return ok && position <= took && h.alone.has(words)
}

// refusedAlone notes the words in which a recipient was refused that was asked alone.
func (h *host) refusedAlone(words string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.alone.add(words)
}

// replySet holds the last few replies, the address left out.
type replySet []string

const mostReplies = 16

func (s *replySet) add(words string) {
	if s.has(words) {
		return
	}
	if len(*s) == mostReplies {
		*s = slices.Delete(*s, 0, 1)
	}
	*s = append(*s, words)
}

func (s replySet) has(words string) bool { return slices.Contains(s, words) }

// withoutAddress returns a reply with every mention of its recipient, whole or the local-part alone, left out, and
// every word of its text that has a digit: identifiers, times and addresses differ from one reply to the next.
func withoutAddress(r smtpwire.Reply, recipient, local string) string {
	text := leaveOut(strings.ToLower(strings.Join(r.Lines, " ")), strings.ToLower(recipient))
	words := strings.Fields(leaveOut(text, strings.ToLower(local)))
	for i, word := range words {
		if strings.ContainsAny(word, "0123456789") {
			words[i] = "#"
		}
	}
	return strconv.Itoa(r.Code) + " " + r.Enhanced.String() + " " + strings.Join(words, " ")
}

// leaveOut replaces what, where it is not part of a longer word, by *.
func leaveOut(s, what string) string {
	if what == "" {
		return s
	}
	var b strings.Builder
	for from := 0; ; {
		i := strings.Index(s[from:], what)
		if i < 0 {
			b.WriteString(s[from:])
			return b.String()
		}
		begin, end := from+i, from+i+len(what)
		b.WriteString(s[from:begin])
		if begin > 0 && wordOctet(s[begin-1]) || end < len(s) && wordOctet(s[end]) {
			b.WriteString(what)
		} else {
			b.WriteByte('*')
		}
		from = end
	}
}

func wordOctet(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c >= 0x80
}

// tooManyRecipients reports whether a reply says that a transaction has as many recipients as it may (RFC 5321
// section 4.5.3.1.10, RFC 3463 section 3.6). A mailbox that is full has the same codes, but says x.2.x.
func tooManyRecipients(r smtpwire.Reply) bool {
	e := r.Enhanced
	if e.Subject == 2 {
		return false
	}
	return r.Code == 452 || r.Code == 552 || (e.Class == 4 || e.Class == 5) && e.Subject == 5 && e.Detail == 3
}

// paced notes how many RCPTs a flight had, how many of them were refused, and how long it took with and without the way
// there and back. What is many or slow is forgotten slowly.
func (p *pool) paced(rcpts, refused int, took, answering time.Duration) {
	p.h.mu.Lock()
	defer p.h.mu.Unlock()
	p.asked, p.took = max(rcpts, p.asked/2), took
	p.refusing += (float64(refused)/float64(rcpts) - p.refusing) / 16
	p.h.pace = max(answering/time.Duration(rcpts), p.h.pace/2)
}

// refusedOften reports whether more than one in ten of those asked lately was refused. Then no transaction goes on in another
// flight: a refusal there would have each asked twice (flight.judgeBehind).
func (p *pool) refusedOften() bool {
	p.h.mu.Lock()
	defer p.h.mu.Unlock()
	return p.refusing > 0.1
}

// knowsAnything reports whether something that was learned still counts. The caller holds h.mu.
func (h *host) knowsAnything(now time.Time) bool {
	for l := range h.learned {
		if _, ok := h.knows(l, now); ok {
			return true
		}
	}
	return false
}

// learnLimit learns what the host closed at, where that can be told: it said 421, or closed behind RSET or a
// refused recipient. A session that is found closed shows nothing.
func (f *flight) learnLimit(why *Problem) {
	s := f.s
	if f.learned || why.Kind != Closed || goingDown(why.Reply) {
		return
	}
	words := why.Reply.String()
	silent := words == ""
	if silent {
		words = closedWithoutAWord
	}
	behindReset := s.awaitsReset || f.last == lastReset || f.last == lastNone && !silent && !f.goesOn()
	switch {
	case silent && f.last == lastNone && s.open != nil && s.closedOverRejection():
		s.pool.h.learn(Rejections, s.rejections, words)
	case silent && (f.last == lastNone || f.last == lastMail), silent && f.last == lastRcpt && !s.rejectedLast && !s.awaitsReset:
	case s.rejections > 0 && (s.rejectedLast || !behindReset):
		s.pool.h.learn(Rejections, s.rejections, words)
	case s.resets > 0 && !(f.last == lastNone && f.goesOn()):
		s.pool.h.learn(Resets, s.resets, words)
	}
}

const closedWithoutAWord = "closed without a word"

// closedOverRejection reports whether a host that is found to have closed will have done so over the recipient that it
// refused last: nothing was said since, and that was a moment ago.
func (s *session) closedOverRejection() bool {
	return s.rejectedLast && time.Since(s.heardAt) < time.Second
}

// lastReply is what the last reply that was read in a flight was to.
type lastReply uint8

const (
	lastNone lastReply = iota // there was none yet
	lastMail
	lastRcpt
	lastReset
)

// goingDown reports whether a 421 is about the server or the time that has passed (RFC 3463: 4.3.x, 4.4.x), not
// about what the session did.
func goingDown(r smtpwire.Reply) bool {
	return r.Enhanced.Class == 4 && (r.Enhanced.Subject == 3 || r.Enhanced.Subject == 4) ||
		slices.ContainsFunc([]string{"timeout", "timed out", "shut"}, func(word string) bool { return strings.Contains(strings.ToLower(r.Text()), word) })
}
