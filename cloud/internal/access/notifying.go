package access

import "strings"

// notifying are the needs of a call of SNS (Service Authorization Reference, "Amazon SNS"): about the topic, also where the call names one of
// its subscriptions.
func (q *question) notifying() ([]need, error) {
	about := ""
	for _, member := range []string{"TopicArn", "TargetArn", "ResourceArn", "SubscriptionArn"} {
		if arn := q.form.Get(member); arn != "" && about == "" {
			about = arn
		}
	}
	if parts := strings.Split(about, ":"); len(parts) == 7 { // a subscription's ARN is its topic's and an id
		about = strings.Join(parts[:6], ":")
	}
	said := tagsIn(q.form, "Tags.member.")
	switch {
	case q.Operation == "CreateTopic":
		made := q.arn(q.form.Get("Name"))
		all := []need{q.on(made, tagKeys("sns", said, nil))}
		if len(said) > 0 {
			all = append(all, needOf("sns:TagResource", made, tagKeys("sns", said, nil)))
		}
		return all, nil
	case about == "":
		return []need{q.on(anything, nil)}, nil
	}
	answer, err := q.Regions.Ask(q.ctx, q.Region, Question{Names: []string{about}})
	if err != nil {
		return nil, err
	}
	return []need{q.on(about, tagKeys("sns", said, answer.Things[about].Tags))}, nil
}
