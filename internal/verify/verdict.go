package verify

import (
	"time"

	"callout/internal/callout"
	"callout/internal/smtpwire"
	"callout/internal/store"
)

// Status is what is known of a recipient.
type Status uint8

// The statuses of a Verdict.
const (
	Unknown Status = iota
	Valid
	Invalid
)

// String returns "valid", "invalid" or "unknown".
func (s Status) String() string {
	switch s {
	case Valid:
		return "valid"
	case Invalid:
		return "invalid"
	}
	return "unknown"
}

// Verdict is what is known of a recipient, with the reply behind it.
type Verdict struct {
	Status   Status
	CatchAll bool // valid because its domain accepts every recipient; Reply is the probe's then
	Reply    Reply
	Host     string    // host:port that said so, "" for none
	Asked    time.Time // when it said so
	Expires  time.Time // from then on it is asked again; zero for an unknown
	Problem  error     // why the status is Unknown, nil otherwise: a *callout.Problem, or one line for people
}

// Reply is the destination's reply on one line.
type Reply struct {
	Code     int // 0 for none
	Enhanced smtpwire.Enhanced
	Text     string
}

// maxText is how much of a reply's text is kept, in octets.
const maxText = 2000

// replyOf keeps of a reply what verdicts show.
func replyOf(r smtpwire.Reply) Reply {
	text := r.Text()
	return Reply{Code: r.Code, Enhanced: r.Enhanced, Text: text[:min(len(text), maxText)]}
}

// String returns the reply as it came, on one line, "" for none.
func (r Reply) String() string {
	if r.Code == 0 {
		return ""
	}
	return smtpwire.Reply{Code: r.Code, Enhanced: r.Enhanced, Lines: []string{r.Text}}.String()
}

// entry is a verdict as the caches hold it. Times are those of the Verifier's clock.
type entry struct {
	asked      int64
	generation uint64
	spelling   uint64 // hash of the local-part as it was asked
	host       string
	reply      Reply
}

// catchAll is what the last usable answer to a probe said of a domain. It is never changed.
type catchAll struct {
	entry
	accepts bool // every recipient
	// exceptions says that recipients may have been refused since, so that a recipient must be looked for
	// in the store before the domain's state counts for it.
	exceptions bool
}

// live reports whether an entry counts at now, for a domain of this generation that keeps it for ttl.
func (e *entry) live(generation uint64, now int64, ttl time.Duration) bool {
	return e.generation == generation && now-e.asked < int64(ttl)
}

// fresh makes an entry of an answer that was just given.
func (v *Verifier) fresh(generation uint64, local string, host callout.Host, reply smtpwire.Reply) entry {
	return entry{asked: v.now(), generation: generation, spelling: v.keys.spelling(local), host: host.String(), reply: replyOf(reply)}
}

// verdict makes a Verdict of an entry that counts.
func (v *Verifier) verdict(e *entry, status Status, ttl time.Duration) Verdict {
	asked := v.wall(e.asked)
	return Verdict{Status: status, Reply: e.reply, Host: e.host, Asked: asked, Expires: asked.Add(ttl)}
}

// fromRow makes an entry of a row. ok is false where the row's time lies in the future: the clock was set back,
// and nobody knows how old it is.
func (v *Verifier) fromRow(generation uint64, local string, asked time.Time, host string, reply Reply) (e entry, ok bool) {
	age := time.Since(asked)
	return entry{asked: v.now() - int64(age), generation: generation, spelling: v.keys.spelling(local), host: host, reply: reply}, age >= 0
}

// row makes the stored form of a flight's verdict.
func (v *Verifier) row(f *flight) store.Verdict {
	status, ttl := store.Valid, f.d.Settings.Cache.ValidTTL
	if f.status == Invalid {
		status, ttl = store.Invalid, f.d.Settings.Cache.InvalidTTL
	}
	e := &f.own
	asked := v.wall(e.asked)
	return store.Verdict{
		Domain: f.d.Name, Local: f.r.Local(), Status: status, Generation: e.generation, Asked: asked, Expires: asked.Add(ttl),
		Code: e.reply.Code, Enhanced: e.reply.Enhanced.String(), Text: e.reply.Text, Host: e.host,
	}
}

// factRow makes the stored form of a domain's state.
func (v *Verifier) factRow(domain string, c *catchAll, ttl time.Duration) store.DomainFact {
	asked := v.wall(c.asked)
	return store.DomainFact{
		Domain: domain, CatchAll: c.accepts, Generation: c.generation, Asked: asked, Expires: asked.Add(ttl),
		Code: c.reply.Code, Enhanced: c.reply.Enhanced.String(), Text: c.reply.Text, Host: c.host,
	}
}

// storedReply is the reply of a row.
func storedReply(code int, enhanced, text string) Reply {
	e, _, _ := smtpwire.ParseEnhanced(enhanced)
	return Reply{Code: code, Enhanced: e, Text: text}
}
