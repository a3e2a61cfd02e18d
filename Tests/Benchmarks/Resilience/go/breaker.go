package main

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// breaker stands in for sony/gobreaker v2, which neither Debian nor this machine's registries carry. It was written
// for this comparison from the published behaviour and does per call what gobreaker's Execute does on its way through
// a closed breaker: two critical sections with a deferred unlock, a clock read in each, expiry and generation checked
// in each, the counts, a deferred recover, and the two predicates on the error. It leaves out the rolling window.
type breaker struct {
	interval, timeout time.Duration
	maxRequests       uint32
	isSuccessful      func(error) bool
	isExcluded        func(error) bool

	mutex      sync.Mutex
	state      int
	generation uint64
	expiry     time.Time
	requests, successes, failures, excluded,
	consecutiveSuccesses, consecutiveFailures uint32
}

const (
	closed = iota
	halfOpen
	open
)

var errRejected = errors.New("rejected")

func newBreaker(interval time.Duration) *breaker {
	b := &breaker{
		interval: interval, timeout: time.Minute, maxRequests: 1,
		isSuccessful: func(err error) bool { return err == nil },
		isExcluded:   func(error) bool { return false },
	}
	b.begin(closed, time.Now())
	return b
}

func (b *breaker) begin(state int, now time.Time) {
	b.state = state
	b.generation++
	b.requests, b.successes, b.failures, b.excluded = 0, 0, 0, 0
	b.consecutiveSuccesses, b.consecutiveFailures = 0, 0
	switch {
	case state == open:
		b.expiry = now.Add(b.timeout)
	case state == closed && b.interval > 0:
		b.expiry = now.Add(b.interval)
	default:
		b.expiry = time.Time{}
	}
}

func (b *breaker) advance(now time.Time) (int, uint64) {
	switch b.state {
	case closed:
		if !b.expiry.IsZero() && b.expiry.Before(now) {
			b.begin(closed, now)
		}
	case open:
		if b.expiry.Before(now) {
			b.begin(halfOpen, now)
		}
	}
	return b.state, b.generation
}

func (b *breaker) before() (uint64, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	state, generation := b.advance(time.Now())
	if state == open || state == halfOpen && b.requests-b.excluded >= b.maxRequests {
		return generation, errRejected
	}
	b.requests++
	return generation, nil
}

func (b *breaker) after(call uint64, err error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	now := time.Now()
	state, generation := b.advance(now)
	if call != generation {
		return
	}
	switch {
	case b.isExcluded(err):
		b.excluded++
	case b.isSuccessful(err):
		b.successes++
		b.consecutiveSuccesses++
		b.consecutiveFailures = 0
		if state == halfOpen && b.consecutiveSuccesses >= b.maxRequests {
			b.begin(closed, now)
		}
	default:
		b.failures++
		b.consecutiveFailures++
		b.consecutiveSuccesses = 0
		if state == halfOpen || b.consecutiveFailures > 5 {
			b.begin(open, now)
		}
	}
}

func (b *breaker) execute(body func() (bool, error)) (bool, error) {
	generation, err := b.before()
	if err != nil {
		return false, err
	}
	defer func() {
		if cause := recover(); cause != nil {
			b.after(generation, fmt.Errorf("%v", cause))
			panic(cause)
		}
	}()
	result, err := body()
	b.after(generation, err)
	return result, err
}
