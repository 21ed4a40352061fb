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

	to       route             // of the first recipient that was accepted
	delivery *nexthop.Delivery // nil: nobody was accepted yet, or it is over
	broken   *answer           // why nothing can be passed on any more; nil: it can
	accepted int               // recipients
	first    string            // of them
	deferred bool              // a recipient was told to come again
	message  *message          // that is being passed on; between its chunks too
}

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

// breaks says that nothing can be passed on any more, and why. The delivery session is cut: what it has of the
// transaction comes to nothing.
func (tx *transaction) breaks(why answer) {
	tx.broken = &why
	tx.cut()
}

// refused says that the next hop takes nothing of the transaction, and why. The delivery session is of use to others.
func (tx *transaction) refused(why answer) {
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
