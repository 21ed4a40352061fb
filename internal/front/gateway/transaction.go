package gateway

import (
	"crypto/rand"

	"callout/internal/nexthop"
	"callout/internal/smtpwire"
)

// transaction is one mail transaction, from MAIL on (RFC 5321 section 3.3).
type transaction struct {
	c      *session
	id     string // in the Received field and the log
	sender string // between the brackets of MAIL
	params smtpwire.MailParams

	to       route             // the next hop that it goes to; while nobody is accepted, that of who came last
	delivery *nexthop.Delivery // nil: nobody was accepted yet, or it is over
	hop      string            // the host that has, or had, the delivery session
	broken   *answer           // why that next hop takes nothing; nil: it does
	others   []brokenHop       // next hops that took nothing while nobody was accepted
	accepted int               // recipients
	named    []string          // the first mostNamed of them
	deferred bool              // a recipient was told to come again
	message  *message          // that is being passed on; between its chunks too
}

// brokenHop is a next hop that took nothing of a transaction, and why.
type brokenHop struct {
	to     route
	broken *answer
}

const (
	mostOthers = 8  // next hops that one transaction may try
	mostNamed  = 20 // recipients that the log names
)

func newTransaction(c *session, sender string, params smtpwire.MailParams) *transaction {
	return &transaction{c: c, id: rand.Text()[:13], sender: sender, params: params}
}

// envelope is what the next hop is told of the transaction.
func (tx *transaction) envelope() *nexthop.Envelope {
	c := tx.c
	return &nexthop.Envelope{
		Client: nexthop.Client{Address: c.client.Addr(), Port: c.client.Port(), Helo: c.helo, ESMTP: c.esmtp},
		Sender: tx.sender, Params: tx.params,
	}
}

// goesTo reports whether the transaction goes to a recipient's next hop. While nobody is accepted it goes to that of
// whoever comes: what another hop refused, or that it is away, is nothing against this recipient.
func (tx *transaction) goesTo(to route) bool {
	if tx.to.destination != nil && tx.to.same(to) {
		return true
	}
	why := tx.tried(to)
	if tx.accepted > 0 || why == nil && len(tx.others) >= mostOthers {
		return false
	}
	if tx.broken != nil && tx.tried(tx.to) == nil {
		tx.others = append(tx.others, brokenHop{tx.to, tx.broken})
	}
	tx.end()
	tx.to, tx.broken = to, why
	return true
}

// tried returns why a next hop took nothing when its turn was before; nil where it had none.
func (tx *transaction) tried(to route) (why *answer) {
	for _, other := range tx.others {
		if other.to.same(to) {
			return other.broken
		}
	}
	return nil
}

// accept notes a recipient that the next hop has accepted.
func (tx *transaction) accept(recipient string) {
	if tx.accepted++; tx.accepted <= mostNamed {
		tx.named = append(tx.named, recipient)
	}
}

// breaks says that nothing can be passed on any more, and why. The delivery session is cut: what it has of the
// transaction comes to nothing.
func (tx *transaction) breaks(why answer) {
	why.hop = tx.hop
	tx.broken = &why
	tx.cut()
}

// refused says that the next hop takes nothing of the transaction, and why. The delivery session is of use to others.
func (tx *transaction) refused(why answer) {
	why.hop = tx.hop
	tx.broken = &why
	tx.delivery.Release()
	tx.delivery = nil
}

// cut closes the delivery session in the middle of whatever it does.
func (tx *transaction) cut() {
	if tx.delivery != nil {
		tx.delivery.Cut()
		tx.delivery = nil
	}
}

// end lets go of the delivery session: it is kept where no message has begun.
func (tx *transaction) end() {
	switch {
	case tx.delivery == nil:
	case tx.message != nil:
		tx.cut()
	default:
		tx.delivery.Release()
		tx.delivery = nil
	}
	tx.message = nil
}
