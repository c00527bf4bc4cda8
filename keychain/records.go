package keychain

import (
	"context"
	"errors"
)

// items is the operating system's keychain below one service name: texts under
// account names. get and del return ErrNotFound for what is not there.
type items struct {
	get func(ctx context.Context, account string) (string, error)
	set func(ctx context.Context, account, text string) error
	del func(ctx context.Context, account string) error
}

// records keeps records of any size in items of at most limit bytes; limit 0 is
// no limit. Callers see to it that set and remove of one record never overlap;
// get may overlap with anything.
type records struct {
	items items
	limit int
}

// damaged is the cause of a Corrupt error.
type damaged struct{ error }

// get returns the record, ErrNotFound, damaged, or what items returned.
func (r records) get(ctx context.Context, base string) (string, error) {
	// A writer may have replaced the parts between our reading of the manifest
	// and of them. A second look sees its new manifest; a third one lets a second
	// writer pass.
	const looks = 3
	var value string
	var err error
	for range looks {
		value, err = r.look(ctx, base)
		if _, bad := errors.AsType[damaged](err); !bad {
			return value, err
		}
	}
	return "", err
}

func (r records) look(ctx context.Context, base string) (string, error) {
	item, err := r.items.get(ctx, base)
	if err != nil {
		return "", err
	}
	m, split, err := decodeManifest(item)
	if err != nil {
		return "", damaged{err}
	}
	if !split {
		value, err := decodeItem(item)
		if err != nil {
			return "", damaged{err}
		}
		return value, nil
	}
	parts := make([]string, m.Parts)
	for i := range parts {
		parts[i], err = r.items.get(ctx, partAccount(base, m.Slot, i))
		if errors.Is(err, ErrNotFound) {
			return "", damaged{errors.New("a part is missing")}
		}
		if err != nil {
			return "", err
		}
	}
	value, err := m.join(parts)
	if err != nil {
		return "", damaged{err}
	}
	return value, nil
}

// set writes the record: parts, then the item that makes them count, then
// removes what no longer counts.
func (r records) set(ctx context.Context, base, value string) error {
	item := encodeItem(value)
	if r.limit == 0 {
		return r.items.set(ctx, base, item)
	}
	if len(item) <= r.limit {
		if err := r.items.set(ctx, base, item); err != nil {
			return err
		}
		return errors.Join(r.clean(ctx, base, slotA, 0), r.clean(ctx, base, slotB, 0))
	}
	old, err := r.current(ctx, base)
	if err != nil {
		return err
	}
	slot, parts := old.other(), cut(value, r.limit)
	for i, part := range parts {
		if err := r.items.set(ctx, partAccount(base, slot, i), part); err != nil {
			return err
		}
	}
	if err := r.items.set(ctx, base, newManifest(slot, value, len(parts)).encode()); err != nil {
		return err
	}
	oldSlot := manifest{Slot: slot}.other()
	return errors.Join(r.clean(ctx, base, slot, len(parts)), r.clean(ctx, base, oldSlot, 0))
}

// current returns the manifest that counts now, the zero one if there is none or
// it is damaged.
func (r records) current(ctx context.Context, base string) (manifest, error) {
	item, err := r.items.get(ctx, base)
	if errors.Is(err, ErrNotFound) {
		return manifest{}, nil
	}
	if err != nil {
		return manifest{}, err
	}
	m, _, _ := decodeManifest(item)
	return m, nil
}

// remove deletes the item that makes the record one, then its parts.
func (r records) remove(ctx context.Context, base string) error {
	err := r.items.del(ctx, base)
	if err != nil && !errors.Is(err, ErrNotFound) || r.limit == 0 {
		return err
	}
	if rest := errors.Join(r.clean(ctx, base, slotA, 0), r.clean(ctx, base, slotB, 0)); rest != nil {
		return rest
	}
	return err
}

// clean deletes the parts of a slot from the given one on, the last one first: an
// interrupted clean leaves no gap behind which the next would not look.
func (r records) clean(ctx context.Context, base, slot string, from int) error {
	end := from
	for ; end < maxParts; end++ {
		_, err := r.items.get(ctx, partAccount(base, slot, end))
		if errors.Is(err, ErrNotFound) {
			break
		}
		if err != nil {
			return err
		}
	}
	for i := end - 1; i >= from; i-- {
		if err := r.items.del(ctx, partAccount(base, slot, i)); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	return nil
}
