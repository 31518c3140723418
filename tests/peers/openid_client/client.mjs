// openid-client, told what to do by JSON objects on standard input, one a line; one answer each.
// The browser's part belongs to whoever drives this: it gets an address, and brings back another.

import { createInterface } from 'node:readline'
import * as oidc from 'openid-client'

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')

async function privateKey(jwk) {
  const kind = { name: 'ECDSA', namedCurve: jwk.crv }
  return { key: await crypto.subtle.importKey('jwk', jwk, kind, false, ['sign']), kid: jwk.kid }
}

// What no honest client sends: an assertion that nobody signed.
function unsignedAssertion(server, client, body) {
  const now = Math.floor(Date.now() / 1000)
  const name = client.client_id
  const claims = { iss: name, sub: name, aud: server.issuer, iat: now, exp: now + 60, jti: crypto.randomUUID() }
  body.set('client_id', name)
  body.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
  body.set('client_assertion', `${encode({ alg: 'none', typ: 'JWT' })}.${encode(claims)}.`)
}

async function authentication({ method, secret, jwk }) {
  if (method === 'client_secret_basic') return oidc.ClientSecretBasic(secret)
  if (method === 'private_key_jwt') return oidc.PrivateKeyJwt(await privateKey(jwk))
  return method === 'unsigned' ? unsignedAssertion : oidc.None()
}

let config

const actions = {
  async discover({ issuer, client_id, metadata, auth }) {
    config = await oidc.discovery(new URL(issuer), client_id, metadata, await authentication(auth))
    return config.serverMetadata()
  },

  async begin({ parameters, par }) {
    const verifier = oidc.randomPKCECodeVerifier()
    const all = {
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state: oidc.randomState(),
      nonce: oidc.randomNonce(),
      ...parameters
    }
    const build = par ? oidc.buildAuthorizationUrlWithPAR : oidc.buildAuthorizationUrl
    return { url: (await build(config, all)).href, verifier, state: all.state, nonce: all.nonce }
  },

  async finish({ callback, verifier, state, nonce, max_age }) {
    const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, maxAge: max_age }
    const tokens = await oidc.authorizationCodeGrant(config, new URL(callback), checks)
    return { tokens, claims: tokens.claims() }
  },

  async userinfo({ access_token, sub }) {
    return oidc.fetchUserInfo(config, access_token, sub)
  },

  async logout({ parameters }) {
    return { url: oidc.buildEndSessionUrl(config, parameters).href }
  }
}

function refusal(error) {
  const { name, code, message, error: oauth, error_description: description, status } = error
  return { error: { name, code, message, oauth, description, status, cause: String(error.cause ?? '') } }
}

for await (const line of createInterface({ input: process.stdin })) {
  const { act, ...rest } = JSON.parse(line)
  const answer = await actions[act](rest).catch(refusal)
  process.stdout.write(JSON.stringify(answer) + '\n')
}
