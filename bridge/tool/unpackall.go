package tool

import (
	"slices"
	"strings"
)

// ordered returns where the listed tools stand, by name: the place of an imported one,
// or the complement of the place among the profile's own.
func (k *packed) ordered(own []*Tool) []int {
	k.orderOnce.Do(func() {
		k.readIndex()
		i := 0
		for _, place := range k.listed {
			for i < len(own) && own[i].Name < k.name(place) {
				k.order = append(k.order, ^i)
				i++
			}
			k.order = append(k.order, place)
		}
		for ; i < len(own); i++ {
			k.order = append(k.order, ^i)
		}
	})
	return k.order
}

// listedTools returns every listed tool, sorted by name.
func (k *packed) listedTools(own []*Tool) []*Tool {
	k.toolsOnce.Do(func() {
		k.readIndex()
		k.tools = k.together(own, k.listed)
	})
	return k.tools
}

// allTools returns every tool, sorted by name.
func (k *packed) allTools(own []*Tool) []*Tool {
	k.allOnce.Do(func() {
		k.readIndex()
		places := make([]int, k.len())
		for i := range places {
			places[i] = i
		}
		k.all = k.together(own, places)
	})
	return k.all
}

// together returns the profile's own tools and those of the places, sorted by name.
func (k *packed) together(own []*Tool, places []int) []*Tool {
	all := slices.Clone(own)
	k.each(places, func(t *Tool) { all = append(all, t) })
	slices.SortFunc(all, func(a, b *Tool) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// each makes every tool of those places, and reads their records in one go.
func (k *packed) each(places []int, use func(*Tool)) {
	if len(places) == 0 {
		return
	}
	end := 0
	for _, i := range places {
		end = max(end, k.at(i, atRecordEnd))
	}
	details, _ := k.source.Details(0, end) // else they are read one by one
	k.mu.Lock()
	k.details = details
	k.mu.Unlock()
	for _, i := range places {
		if t := k.tool(i); t != nil {
			use(t)
		}
	}
	k.mu.Lock()
	k.details = nil
	k.mu.Unlock()
}
