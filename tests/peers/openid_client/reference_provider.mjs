// The certified provider, as an outside measure: what our tests ask of ours, they ask of this one too.
// Settings are a JSON file, named on the command line: issuer, port, key and cert (PEM), clients.

import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import Provider from 'oidc-provider'

const { issuer, port, key, cert, clients } = JSON.parse(readFileSync(process.argv[2], 'utf8'))

const provider = new Provider(issuer, {
  clients,
  claims: { openid: ['sub'], profile: ['given_name', 'family_name'] },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, given_name: 'سارا', family_name: 'احمدی' })
  }),
  pkce: { required: () => true },
  clientAuthMethods: ['client_secret_basic', 'private_key_jwt', 'none'],
  features: { pushedAuthorizationRequests: { enabled: true }, backchannelLogout: { enabled: true } }
})

createServer({ key, cert }, provider.callback()).listen(port, '127.0.0.1', () => console.log('ready'))
