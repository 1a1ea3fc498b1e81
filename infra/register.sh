#!/bin/sh
# The first steps of an installation on AWS: writes the number's channel and prints a link that signs in once, within 12
# hours. Run it again for another link. What it writes is what storage/channels.rs and storage/access.rs read.
set -eu
if [ $# -lt 3 ]; then
  echo "usage: infra/register.sh STACK PHONE_NUMBER_ID WABA_ID [NUMBER_AS_SHOWN] [MESSAGES_PER_SECOND]" >&2
  exit 2
fi
stack=$1 number=$2 waba=$3 shown=${4:-$2} rate=${5:-80}

output() {
  aws cloudformation describe-stacks --stack-name "$stack" --output text --query "Stacks[0].Outputs[?OutputKey=='$1'].OutputValue"
}
table=$(output ControlTableName) dashboard=$(output DashboardUrl) webhook=$(output WebhookUrl)
app=${webhook##*/}

channel() { # under its workspace, and under its number for webhooks; one that stands keeps what was said of it since
  aws dynamodb put-item --table-name "$table" --condition-expression "attribute_not_exists(pk)" --item '{"pk": {"S": "'"$1"'"}, "sk": {"S": "'"$2"'"},
    "id": {"S": "whatsapp-'"$number"'"}, "workspaceId": {"N": "1"}, "name": {"S": "WhatsApp"},
    "phoneNumberId": {"S": "'"$number"'"}, "wabaId": {"S": "'"$waba"'"}, "appId": {"S": "'"$app"'"},
    "displayPhoneNumber": {"S": "'"$shown"'"}, "messagesPerSecond": {"N": "'"$rate"'"}, "simulated": {"BOOL": false}, "version": {"N": "1"}}' ||
    echo "the channel stands already, or could not be written: see above" >&2
}
channel "workspace#1" "channel#whatsapp-$number"
channel "number#$number" channel
# Beside its account, for webhooks that name only that (storage/wabas.rs).
aws dynamodb put-item --table-name "$table" --item '{"pk": {"S": "waba#'"$waba"'"}, "sk": {"S": "1#whatsapp-'"$number"'"},
  "workspaceId": {"N": "1"}, "channelId": {"S": "whatsapp-'"$number"'"}}'

code=$(openssl rand -hex 32)
hash=$(printf %s "$code" | openssl dgst -sha256 -r | cut -c 1-64)
aws dynamodb put-item --table-name "$table" --item '{"pk": {"S": "access#'"$hash"'"}, "sk": {"S": "signIn"},
  "workspaceId": {"N": "1"}, "workspaceName": {"S": "Campanile"}, "expiresAt": {"N": "'"$(($(date +%s) + 43200))"'"}}'
echo "$dashboard/sign-in?code=$code"
