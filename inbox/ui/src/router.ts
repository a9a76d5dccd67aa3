import { createRouter, createWebHistory, type RouteLocationNormalized, type RouteRecordRaw } from 'vue-router'
import { whenLoggedOut } from '@/api/client'
import { t } from '@/i18n'
import { leave } from '@/stores/leave'
import { useSession } from '@/stores/session'
import DeskPage from '@/pages/DeskPage.vue'
import LoginPage from '@/pages/LoginPage.vue'

declare module 'vue-router' {
  interface RouteMeta {
    /** The words of the browser's tab. */
    title: string
    /** Reachable without a session. */
    open?: boolean
  }
}

const routes: RouteRecordRaw[] = [
  { path: '/', redirect: '/desk' },
  { path: '/login', component: LoginPage, meta: { title: 'login.title', open: true } },
  { path: '/setup', component: () => import('@/pages/SetupPage.vue'), meta: { title: 'setup.title', open: true } },
  { path: '/account/invitation', component: () => import('@/pages/InvitationPage.vue'), meta: { title: 'invitation.title', open: true } },
  { path: '/desk', component: DeskPage, meta: { title: 'nav.desk' } },
  { path: '/desk/c/:id', component: DeskPage, meta: { title: 'nav.desk' } },
  { path: '/desk/incidents', component: () => import('@/pages/IncidentsPage.vue'), meta: { title: 'incident.title' } },
  { path: '/desk/incidents/:id', component: () => import('@/pages/IncidentPage.vue'), meta: { title: 'incident.one' } },
  { path: '/admin', redirect: '/admin/knowledge' },
  { path: '/admin/knowledge/import', component: () => import('@/pages/ImportPage.vue'), meta: { title: 'import.title' } },
  { path: '/admin/knowledge', component: () => import('@/pages/KnowledgePage.vue'), meta: { title: 'nav.knowledge' } },
  { path: '/admin/knowledge/new', component: () => import('@/pages/KnowledgeNewPage.vue'), meta: { title: 'life.new' } },
  { path: '/admin/knowledge/board', component: () => import('@/pages/KnowledgeBoardPage.vue'), meta: { title: 'board.title' } },
  { path: '/admin/knowledge/bench', component: () => import('@/pages/KnowledgeBenchPage.vue'), meta: { title: 'bench.title' } },
  { path: '/admin/knowledge/questions', component: () => import('@/pages/KnowledgeQuestionsPage.vue'), meta: { title: 'bench.savedTitle' } },
  { path: '/admin/knowledge/missed', component: () => import('@/pages/KnowledgeMissedPage.vue'), meta: { title: 'bench.missedTitle' } },
  { path: '/admin/knowledge/:id', component: () => import('@/pages/KnowledgeEntryPage.vue'), props: true, meta: { title: 'nav.knowledge' } },
  { path: '/admin/members', component: () => import('@/pages/MembersPage.vue'), meta: { title: 'members.title' } },
  { path: '/admin/tokens', component: () => import('@/pages/TokensPage.vue'), meta: { title: 'tokens.title' } },
  { path: '/admin/audit', component: () => import('@/pages/AuditPage.vue'), meta: { title: 'record.title' } },
  { path: '/admin/quarantine', component: () => import('@/pages/QuarantinePage.vue'), meta: { title: 'nav.quarantine' } },
  { path: '/admin/channels', component: () => import('@/pages/ChannelsPage.vue'), meta: { title: 'nav.channels' } },
  { path: '/admin/duty', component: () => import('@/pages/DutyPage.vue'), meta: { title: 'nav.duty' } },
  { path: '/admin/directory/:tab?', component: () => import('@/pages/DirectoryPage.vue'), meta: { title: 'nav.directory' } },
  { path: '/admin/stuck', component: () => import('@/pages/StuckPage.vue'), meta: { title: 'nav.stuck' } },
  { path: '/desk/labels', component: () => import('@/pages/LabelsPage.vue'), meta: { title: 'labels.title' } },
  { path: '/desk/answers', component: () => import('@/pages/AnswersPage.vue'), meta: { title: 'answers.title' } },
  { path: '/account/security', component: () => import('@/pages/SecurityPage.vue'), meta: { title: 'security.title' } },
  { path: '/account/password', component: () => import('@/pages/PasswordPage.vue'), meta: { title: 'password.title' } },
  { path: '/:rest(.*)*', component: () => import('@/pages/MissingPage.vue'), meta: { title: 'missing.title', open: true } },
]

export function makeRouter() {
  const router = createRouter({ history: createWebHistory(), routes })

  router.beforeEach(async (to) => {
    if (to.meta.open) return true
    const session = useSession()
    // Without an answer App says so and offers to try again.
    await session.load()
    if (session.known && !session.me) return loginWithReturn(to)
    if (session.me?.must_change_password && to.path !== '/account/password') return '/account/password'
    if (session.me?.must_add_factor && !to.path.startsWith('/account/')) return '/account/security'
    return true
  })

  router.afterEach((to) => {
    document.title = `${t(to.meta.title)} · Tổng đài`
  })

  whenLoggedOut(() => {
    leave()
    const here = router.currentRoute.value
    // Before the first page is there, the guard above sees to it.
    if (here.matched.length > 0 && !here.meta.open) void router.push(loginWithReturn(here))
  })

  return router
}

function loginWithReturn(from: RouteLocationNormalized) {
  return { path: '/login', query: from.fullPath === '/desk' ? {} : { next: from.fullPath } }
}
