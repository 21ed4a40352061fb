package verify

import (
	"time"

	"callout/internal/callout"
	"callout/internal/domains"
	"callout/internal/smtpwire"
	"callout/internal/store"
)

// era is what makes a domain's past void: a clear begins a new generation, a change of what is asked for it a new
// epoch.
type era struct{ generation, epoch uint64 }

// olderThan reports whether what is found in an era is void in another.
func (e era) olderThan(other era) bool {
	return e.generation < other.generation || e.epoch < other.epoch
}

// era returns the one in which a question for a domain is asked.
func (v *Verifier) era(d *domains.Domain, st *state) era { return era{v.generation(st), d.Epoch} }

// entry is a verdict as the caches hold it. Times are those of the Verifier's clock.
type entry struct {
	era
	asked    int64
	spelling uint64 // hash of the local-part as it was asked
	host     string
	reply    Reply
}

// live reports whether an entry counts in an era at now, where such entries are kept for ttl.
func (e *entry) live(in era, now int64, ttl time.Duration) bool {
	return e.era == in && now-e.asked < int64(ttl)
}

// liveValid is live for valid verdicts. They count in later epochs too: who had a mailbox keeps it when a domain
// moves.
func (e *entry) liveValid(in era, now int64, ttl time.Duration) bool {
	return e.generation == in.generation && now-e.asked < int64(ttl)
}

// catchAll is what the last usable answer to a probe said of a domain. It is never changed.
type catchAll struct {
	entry
	accepts bool // every recipient
	turned  bool // though the domain had rejected something not long before
	// exceptions says that recipients may have been refused since, so that a recipient must be looked for
	// in the store before the domain's state counts for it.
	exceptions bool
}

// ttl returns for how long the state counts: as a valid verdict where it accepts everything, as an invalid one where
// it does not.
func (c *catchAll) ttl(rules *domains.Cache) time.Duration {
	if c.accepts {
		return rules.ValidTTL
	}
	return rules.InvalidTTL
}

// fresh makes an entry of an answer that was just given.
func (v *Verifier) fresh(in era, local string, host callout.Host, reply smtpwire.Reply) entry {
	return entry{era: in, asked: v.now(), spelling: v.keys.spelling(local), host: host.String(), reply: replyOf(reply)}
}

// verdict makes a Verdict of an entry that counts.
func (v *Verifier) verdict(e *entry, status Status, ttl time.Duration) Verdict {
	asked := v.wall(e.asked)
	return Verdict{Status: status, Reply: e.reply, Host: e.host, Asked: asked, Expires: asked.Add(ttl)}
}

// fromRow makes an entry of a row. ok is false where the row's time lies in the future: the clock was set back,
// and nobody knows how old it is.
func (v *Verifier) fromRow(in era, local string, asked time.Time, host string, reply Reply) (e entry, ok bool) {
	age := time.Since(asked)
	return entry{era: in, asked: v.now() - int64(age), spelling: v.keys.spelling(local), host: host, reply: reply}, age >= 0
}

// row makes the stored form of a flight's verdict. A valid one is kept for stale_valid_for beyond its time.
func (v *Verifier) row(f *flight) store.Verdict {
	rules := &f.d.Settings.Cache
	status, ttl := store.Valid, rules.ValidTTL+rules.StaleValidFor
	if f.status == Invalid {
		status, ttl = store.Invalid, rules.InvalidTTL
	}
	e := &f.own
	asked := v.wall(e.asked)
	return store.Verdict{
		Domain: f.d.Name, Local: f.r.Local(), Status: status, Generation: e.generation, Epoch: e.epoch,
		Asked: asked, Expires: asked.Add(ttl),
		Code: e.reply.Code, Enhanced: e.reply.Enhanced.String(), Text: e.reply.Text, Host: e.host,
	}
}

// storedReply is the reply of a row.
func storedReply(code int, enhanced, text string) Reply {
	e, _, _ := smtpwire.ParseEnhanced(enhanced)
	return Reply{Code: code, Enhanced: e, Text: text}
}
