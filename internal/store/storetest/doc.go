// Package storetest is the suite that every store.Store passes: what the comments of the store package promise,
// sentence by sentence.
//
// An implementation's test calls Run with a function that makes an empty place; the suite opens a store there,
// closes it, and opens it again to see what has outlived that. What is special to an implementation (its file,
// its speed, how it dies) is tested beside it.
package storetest
