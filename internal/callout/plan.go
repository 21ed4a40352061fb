package callout

import (
	"slices"

	"callout/internal/address"
)

// Bounds on a flight. What is sent ahead must fit into the buffers between us and a server that reads nothing
// while it answers (RFC 2920 section 3.1).
const (
	maxFlight       = 100 // RCPTs
	maxFlightOctets = 16 << 10
)

// plan is what a flight will ask: transactions, of one RCPT or several.
type plan struct {
	s            *session
	qs           []*query     // in the order of the queue
	open         *transaction // which an earlier flight left open; nil: none
	probes       []*transaction
	transactions []*transaction
	renewals     []*transaction
	rcpts        int // that there is still room for
	resets       int // likewise
	octets       int // likewise
	trial        bool
}

// transaction is one MAIL, its RCPTs and RSET. All are of one domain, since some servers take no more. It may go on
// over several flights: each transaction costs the destination far more than each of its recipients.
type transaction struct {
	key    transactionKey
	depth  int    // recipients it may have
	trial  bool   // it shows whether the host takes a second one
	before int    // recipients it had in earlier flights
	items  []item // those it has in this flight
}

// size returns how many recipients a transaction has had by the end of this flight.
func (t *transaction) size() int { return t.before + len(t.items) }

// transactionKey is what recipients of one transaction have in common.
type transactionKey struct {
	domain string
	utf8   bool
}

// item is one RCPT.
type item struct {
	q     *query
	rcpt  address.Recipient
	probe bool
}

func newPlan(s *session) *plan {
	p := &plan{s: s, rcpts: s.room(), resets: s.resetsLeft(), octets: maxFlightOctets}
	if s.open != nil {
		open := *s.open
		p.open = &open
	}
	return p
}

// add adds a question and reports whether there was room. One that the host can't be asked goes in always.
func (p *plan) add(q *query) bool {
	if p.s.lacksUTF8(q) {
		p.qs = append(p.qs, q)
		return true
	}
	octets := p.octetsOf(q)
	if octets > p.octets && len(p.qs) > 0 || !p.fits(q) {
		return false
	}
	if q.wantsProbe() {
		p.probes = append(p.probes, newTransaction(q, q.Question.Probe, true))
		p.resets--
		p.rcpts--
	}
	if !q.wantsProbe() || !p.s.single() {
		p.addRecipient(q)
	}
	p.octets -= octets
	p.qs = append(p.qs, q)
	return true
}

// octetsOf returns how long the commands for a question are at most.
func (p *plan) octetsOf(q *query) int {
	rcpt := len("RCPT TO:<>\r\n")
	transaction := len("MAIL FROM:<> SMTPUTF8\r\nRSET\r\n") + len(q.Settings.MailFrom)
	n := rcpt + len(q.Recipient.String())
	if p.joins(q) == nil {
		n += transaction
	}
	if q.wantsProbe() {
		n += transaction + rcpt + len(q.Question.Probe.String())
	}
	return n
}

// fits reports whether there is room for a question. What a fresh session has no room for would never be asked: a
// probe and its recipient may always go first, and in two sessions where one takes a single address.
func (p *plan) fits(q *query) bool {
	switch {
	case q.renewal && p.several():
		return false
	case !q.wantsProbe():
		return p.rcpts > 0 && (p.resets > 0 || p.joins(q) != nil)
	case len(p.qs) > 0:
		return !p.s.single() && p.rcpts > 1 && p.resets > 1
	}
	return p.s.fits(q.rcpts())
}

// joins returns the transaction that a recipient may share; nil for none.
func (p *plan) joins(q *query) *transaction {
	if q.alone > 0 || q.renewal || len(p.renewals) > 0 {
		return nil
	}
	key := newTransactionKey(q.Recipient)
	if t := p.open; t != nil && t.key == key && !q.wantsProbe() { // it goes first, and a probe is to be before its recipient
		if limit, trial := p.s.pool.h.depth(q.Settings.RecipientsPerTransaction); !trial && t.size() < min(t.depth, limit) {
			return t
		}
	}
	for _, t := range p.transactions {
		if t.key == key && t.size() < t.depth {
			return t
		}
	}
	return nil
}

// addRecipient adds the RCPT of a question: to a transaction of its domain that has room, or in a new one.
func (p *plan) addRecipient(q *query) {
	p.rcpts--
	if t := p.joins(q); t != nil {
		t.items = append(t.items, item{q, q.Recipient, false})
		return
	}
	made := newTransaction(q, q.Recipient, false)
	p.resets--
	if q.renewal {
		p.renewals = append(p.renewals, made)
		return
	}
	if q.alone == 0 {
		made.depth, made.trial = p.depth(q)
	}
	p.transactions = append(p.transactions, made)
}

// depth returns how many recipients a transaction may have that begins with a question's, and whether it is a trial.
// One trial in a flight is enough.
func (p *plan) depth(q *query) (n int, trial bool) {
	n, trial = p.s.pool.h.depth(q.Settings.RecipientsPerTransaction)
	if trial && p.trial {
		return 1, false
	}
	p.trial = p.trial || trial
	return n, trial
}

// transaction makes one with a single recipient.
func newTransaction(q *query, rcpt address.Recipient, probe bool) *transaction {
	return &transaction{key: newTransactionKey(rcpt), depth: 1, items: []item{{q, rcpt, probe}}}
}

func newTransactionKey(rcpt address.Recipient) transactionKey {
	return transactionKey{rcpt.Domain(), !rcpt.ASCII()}
}

// mailArgument is what follows MAIL. A transaction with an address above ASCII needs to be an internationalised one
// (RFC 6531 section 3.4); the reverse-path is always ASCII.
func (s *session) mailArgument(k transactionKey) string {
	argument := " FROM:<" + s.pool.flavour.mailFrom + ">"
	if k.utf8 {
		argument += " SMTPUTF8"
	}
	return argument
}

// all returns the transactions in the order in which they are sent: first the one that is open, if only to end it,
// then a question's probe before its recipient, and what no recipient waits for behind them.
func (p *plan) all() []*transaction {
	all := slices.Concat(p.probes, p.transactions, p.renewals)
	if p.open != nil && len(p.open.items)+len(all) > 0 {
		all = slices.Insert(all, 0, p.open)
	}
	return all
}

// staysOpen reports whether a transaction is left open behind the flight, for recipients that are yet to come: the
// last one, where there is room for more and the host is known to take several.
func (p *plan) staysOpen(t *transaction, last bool) bool {
	return last && t.size() < t.depth && !t.trial && !p.s.oneAddress
}

// several reports whether a transaction has more than one recipient. Their answers wait for the end of the flight
// (flight.settleLater), and must not for a renewal: the two do not go together.
func (p *plan) several() bool {
	return p.open != nil && len(p.open.items) > 0 ||
		slices.ContainsFunc(p.transactions, func(t *transaction) bool { return len(t.items) > 1 })
}
