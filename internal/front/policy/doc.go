// Package policy is the front end for Postfix's check_policy_service: it speaks the SMTPD access policy
// delegation protocol (SMTPD_POLICY_README of Postfix) on any listener, TCP or unix.
//
// A request is lines of name=value and an empty line; the reply is one action. Only protocol_state RCPT is
// answered, everything else gets DUNNO, which leaves the decision to the restrictions that follow. A recipient
// comes unquoted; one without a domain, or with an address literal, is not ours to judge: DUNNO.
//
// The package knows how a decision is worded for Postfix, and nothing of how it was made.
package policy
